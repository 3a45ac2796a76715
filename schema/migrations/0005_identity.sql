CREATE TABLE `experiment_inheritance` (
	`experiment_key` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `experiment_assignment` ADD `conflict` text;--> statement-breakpoint
CREATE INDEX `experiment_assignment_conflict` ON `experiment_assignment` (`experiment_key`,`assigned_at`) WHERE "experiment_assignment"."conflict" IS NOT NULL;--> statement-breakpoint
CREATE VIEW `assigned_variant` AS SELECT experiment_key, variant FROM experiment_rollup WHERE assignments > 0
    UNION SELECT experiment_key, variant FROM experiment_assignment WHERE conflict IS NOT NULL
    UNION SELECT experiment_key, conflict FROM experiment_assignment WHERE conflict IS NOT NULL;--> statement-breakpoint
-- Whoever is in conflict counts nowhere: nothing of what comes later, and what was counted is taken off again.
DROP TRIGGER `experiment_exposure_inserted`;--> statement-breakpoint
CREATE TRIGGER `experiment_exposure_inserted` AFTER INSERT ON `experiment_exposure`
BEGIN
  INSERT INTO `experiment_rollup` (`experiment_key`, `variant`, `hour`, `exposures`)
  SELECT NEW.`experiment_key`, NEW.`variant`, NEW.`at` / 3600000, 1
  WHERE NOT EXISTS (
    SELECT 1 FROM `experiment_assignment`
    WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id` AND `conflict` IS NOT NULL)
  ON CONFLICT DO UPDATE SET `exposures` = `exposures` + 1;
  UPDATE `experiment_assignment` SET
    `exposures` = `exposures` + 1,
    `first_exposed_at` = min(coalesce(`first_exposed_at`, NEW.`at`), NEW.`at`),
    `converted` = CASE WHEN `first_exposed_at` <= NEW.`at` THEN `converted` ELSE EXISTS (
      SELECT 1 FROM `event` WHERE `event`.`user_id` = NEW.`user_id` AND `event`.`type` = 'booking.confirmed'
        AND `event`.`at` > NEW.`at` AND `event`.`at` <= NEW.`at` + 604800000) END,
    `clicks` = CASE WHEN `first_exposed_at` <= NEW.`at` THEN `clicks` ELSE (
      SELECT count(*) FROM `event` WHERE `event`.`user_id` = NEW.`user_id` AND `event`.`type` = 'event.viewed'
        AND `event`.`at` > NEW.`at`) END
  WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id`;
END;
--> statement-breakpoint
DROP TRIGGER `experiment_assignment_updated`;--> statement-breakpoint
CREATE TRIGGER `experiment_assignment_updated` AFTER UPDATE OF `first_exposed_at`, `converted`, `clicks` ON `experiment_assignment`
WHEN NEW.`conflict` IS NULL AND (NEW.`first_exposed_at` IS NOT OLD.`first_exposed_at`
  OR NEW.`converted` <> OLD.`converted` OR NEW.`clicks` <> OLD.`clicks`)
BEGIN
  UPDATE `experiment_rollup` SET
    `exposed_users` = `exposed_users` - 1,
    `conversions` = `conversions` - OLD.`converted`,
    `clicks` = `clicks` - OLD.`clicks`
  WHERE `experiment_key` = OLD.`experiment_key` AND `variant` = OLD.`variant`
    AND `hour` = OLD.`first_exposed_at` / 3600000;
  INSERT INTO `experiment_rollup` (`experiment_key`, `variant`, `hour`, `exposed_users`, `conversions`, `clicks`)
  VALUES (NEW.`experiment_key`, NEW.`variant`, NEW.`first_exposed_at` / 3600000, 1, NEW.`converted`, NEW.`clicks`)
  ON CONFLICT DO UPDATE SET
    `exposed_users` = `exposed_users` + 1,
    `conversions` = `conversions` + excluded.`conversions`,
    `clicks` = `clicks` + excluded.`clicks`;
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_assignment_conflicted` AFTER UPDATE OF `conflict` ON `experiment_assignment`
WHEN OLD.`conflict` IS NULL AND NEW.`conflict` IS NOT NULL
BEGIN
  UPDATE `experiment_rollup` SET `exposures` = `exposures` - `seen`.`times`
  FROM (
    SELECT `variant`, `at` / 3600000 AS `hour`, count(*) AS `times` FROM `experiment_exposure`
    WHERE `user_id` = NEW.`user_id` AND `experiment_key` = NEW.`experiment_key` GROUP BY 1, 2
  ) AS `seen`
  WHERE `experiment_rollup`.`experiment_key` = NEW.`experiment_key`
    AND `experiment_rollup`.`variant` = `seen`.`variant` AND `experiment_rollup`.`hour` = `seen`.`hour`;
  UPDATE `experiment_rollup` SET `assignments` = `assignments` - 1
  WHERE `experiment_key` = NEW.`experiment_key` AND `variant` = NEW.`variant`
    AND `hour` = NEW.`assigned_at` / 3600000;
  UPDATE `experiment_rollup` SET
    `exposed_users` = `exposed_users` - 1,
    `conversions` = `conversions` - OLD.`converted`,
    `clicks` = `clicks` - OLD.`clicks`
  WHERE `experiment_key` = NEW.`experiment_key` AND `variant` = NEW.`variant`
    AND `hour` = OLD.`first_exposed_at` / 3600000;
END;
