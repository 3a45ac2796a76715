-- Testers and left-out users of an experiment count in no result. Rows here are kept from the lists of the experiment.
CREATE TABLE `experiment_exclusion` (
	`experiment_key` text NOT NULL,
	`user_id` text NOT NULL,
	`reason` text NOT NULL,
	`is_kept` integer NOT NULL,
	PRIMARY KEY(`experiment_key`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `experiment_exclusion_user` ON `experiment_exclusion` (`user_id`);
--> statement-breakpoint
ALTER TABLE `experiment` ADD `testers` text;
--> statement-breakpoint
ALTER TABLE `experiment` ADD `left_out` text;
--> statement-breakpoint
DROP TRIGGER `experiment_assignment_inserted`;
--> statement-breakpoint
DROP TRIGGER `experiment_exposure_inserted`;
--> statement-breakpoint
DROP TRIGGER `experiment_assignment_updated`;
--> statement-breakpoint
DROP TRIGGER `experiment_assignment_conflicted`;
--> statement-breakpoint
DROP VIEW `assigned_variant`;
--> statement-breakpoint
CREATE VIEW `assigned_variant` AS SELECT experiment_key, variant FROM experiment_rollup WHERE assignments > 0
    UNION SELECT experiment_key, variant FROM experiment_assignment WHERE conflict IS NOT NULL
    UNION SELECT experiment_key, conflict FROM experiment_assignment WHERE conflict IS NOT NULL
    UNION SELECT experiment_key, variant FROM experiment_exclusion JOIN experiment_assignment USING (experiment_key, user_id);
--> statement-breakpoint
-- The triggers of the migration `phases`. Rows of excluded users no longer reach the roll-ups.
CREATE TRIGGER `experiment_assignment_inserted` AFTER INSERT ON `experiment_assignment`
BEGIN
  INSERT INTO `experiment_rollup` (`experiment_key`, `quarter`, `phase`, `variant`, `assignments`)
  SELECT NEW.`experiment_key`, NEW.`assigned_at` / 900000, NEW.`phase`, NEW.`variant`, 1
  WHERE NOT EXISTS (SELECT 1 FROM `experiment_exclusion` WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id`)
  ON CONFLICT DO UPDATE SET `assignments` = `assignments` + 1;
  UPDATE `experiment_assignment` SET
    `exposures` = `seen`.`times`,
    `first_exposed_at` = `seen`.`first_at`,
    `converted` = EXISTS (
      SELECT 1 FROM `event` WHERE `event`.`user_id` = NEW.`user_id` AND `event`.`type` = 'booking.confirmed'
        AND `event`.`at` + `event`.`span_ms` > `seen`.`first_at` AND `event`.`at` <= `seen`.`first_at` + 604800000
        AND `event`.`at` <= coalesce((SELECT `stop_at` + 604800000 FROM `experiment` WHERE `key` = NEW.`experiment_key` AND `status` = 'STOPPED'), `event`.`at`)),
    `clicks` = (
      SELECT count(*) FROM `event` WHERE `event`.`user_id` = NEW.`user_id` AND `event`.`type` = 'event.viewed'
        AND `event`.`at` + `event`.`span_ms` > `seen`.`first_at`
        AND `event`.`at` <= coalesce((SELECT `stop_at` + 604800000 FROM `experiment` WHERE `key` = NEW.`experiment_key` AND `status` = 'STOPPED'), `event`.`at`))
  FROM (
    SELECT count(*) AS `times`, min(`at`) AS `first_at` FROM `experiment_exposure`
    WHERE `user_id` = NEW.`user_id` AND `experiment_key` = NEW.`experiment_key`
  ) AS `seen`
  WHERE `experiment_assignment`.`experiment_key` = NEW.`experiment_key`
    AND `experiment_assignment`.`user_id` = NEW.`user_id` AND `seen`.`times` > 0;
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_exposure_inserted` AFTER INSERT ON `experiment_exposure`
BEGIN
  INSERT INTO `experiment_rollup` (`experiment_key`, `quarter`, `phase`, `variant`, `exposures`)
  SELECT NEW.`experiment_key`, NEW.`at` / 900000, NEW.`phase`, NEW.`variant`, 1
  WHERE NOT EXISTS (
    SELECT 1 FROM `experiment_assignment`
    WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id` AND `conflict` IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM `experiment_exclusion` WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id`)
  ON CONFLICT DO UPDATE SET `exposures` = `exposures` + 1;
  UPDATE `experiment_assignment` SET
    `exposures` = `exposures` + 1,
    `first_exposed_at` = min(coalesce(`first_exposed_at`, NEW.`at`), NEW.`at`),
    `converted` = CASE WHEN `first_exposed_at` <= NEW.`at` THEN `converted` ELSE EXISTS (
      SELECT 1 FROM `event` WHERE `event`.`user_id` = NEW.`user_id` AND `event`.`type` = 'booking.confirmed'
        AND `event`.`at` + `event`.`span_ms` > NEW.`at` AND `event`.`at` <= NEW.`at` + 604800000
        AND `event`.`at` <= coalesce((SELECT `stop_at` + 604800000 FROM `experiment` WHERE `key` = NEW.`experiment_key` AND `status` = 'STOPPED'), `event`.`at`)) END,
    `clicks` = CASE WHEN `first_exposed_at` <= NEW.`at` THEN `clicks` ELSE (
      SELECT count(*) FROM `event` WHERE `event`.`user_id` = NEW.`user_id` AND `event`.`type` = 'event.viewed'
        AND `event`.`at` + `event`.`span_ms` > NEW.`at`
        AND `event`.`at` <= coalesce((SELECT `stop_at` + 604800000 FROM `experiment` WHERE `key` = NEW.`experiment_key` AND `status` = 'STOPPED'), `event`.`at`)) END
  WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_assignment_updated` AFTER UPDATE OF `first_exposed_at`, `converted`, `clicks` ON `experiment_assignment`
WHEN NEW.`conflict` IS NULL AND (NEW.`first_exposed_at` IS NOT OLD.`first_exposed_at`
  OR NEW.`converted` <> OLD.`converted` OR NEW.`clicks` <> OLD.`clicks`)
  AND NOT EXISTS (SELECT 1 FROM `experiment_exclusion` WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id`)
BEGIN
  UPDATE `experiment_rollup` SET
    `exposed_users` = `exposed_users` - 1,
    `conversions` = `conversions` - OLD.`converted`,
    `clicks` = `clicks` - OLD.`clicks`
  WHERE `experiment_key` = OLD.`experiment_key` AND `quarter` = OLD.`first_exposed_at` / 900000
    AND `phase` = OLD.`phase` AND `variant` = OLD.`variant`;
  INSERT INTO `experiment_rollup` (`experiment_key`, `quarter`, `phase`, `variant`, `exposed_users`, `conversions`, `clicks`)
  VALUES (NEW.`experiment_key`, NEW.`first_exposed_at` / 900000, NEW.`phase`, NEW.`variant`, 1, NEW.`converted`, NEW.`clicks`)
  ON CONFLICT DO UPDATE SET
    `exposed_users` = `exposed_users` + 1,
    `conversions` = `conversions` + excluded.`conversions`,
    `clicks` = `clicks` + excluded.`clicks`;
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_assignment_conflicted` AFTER UPDATE OF `conflict` ON `experiment_assignment`
WHEN OLD.`conflict` IS NULL AND NEW.`conflict` IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM `experiment_exclusion` WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id`)
BEGIN
  UPDATE `experiment_rollup` SET `exposures` = `exposures` - `seen`.`times`
  FROM (
    SELECT `variant`, `phase`, `at` / 900000 AS `quarter`, count(*) AS `times` FROM `experiment_exposure`
    WHERE `user_id` = NEW.`user_id` AND `experiment_key` = NEW.`experiment_key` GROUP BY 1, 2, 3
  ) AS `seen`
  WHERE `experiment_rollup`.`experiment_key` = NEW.`experiment_key` AND `experiment_rollup`.`quarter` = `seen`.`quarter`
    AND `experiment_rollup`.`phase` = `seen`.`phase` AND `experiment_rollup`.`variant` = `seen`.`variant`;
  UPDATE `experiment_rollup` SET `assignments` = `assignments` - 1
  WHERE `experiment_key` = NEW.`experiment_key` AND `quarter` = NEW.`assigned_at` / 900000
    AND `phase` = NEW.`phase` AND `variant` = NEW.`variant`;
  UPDATE `experiment_rollup` SET
    `exposed_users` = `exposed_users` - 1,
    `conversions` = `conversions` - OLD.`converted`,
    `clicks` = `clicks` - OLD.`clicks`
  WHERE `experiment_key` = NEW.`experiment_key` AND `quarter` = OLD.`first_exposed_at` / 900000
    AND `phase` = NEW.`phase` AND `variant` = NEW.`variant`;
END;
--> statement-breakpoint
-- What the user has counted goes off the roll-ups. A user with a conflict has counted nothing.
CREATE TRIGGER `experiment_exclusion_inserted` AFTER INSERT ON `experiment_exclusion`
BEGIN
  UPDATE `experiment_rollup` SET `exposures` = `exposures` - `seen`.`times`
  FROM (
    SELECT `variant`, `phase`, `at` / 900000 AS `quarter`, count(*) AS `times` FROM `experiment_exposure`
    WHERE `user_id` = NEW.`user_id` AND `experiment_key` = NEW.`experiment_key` GROUP BY 1, 2, 3
  ) AS `seen`
  WHERE `experiment_rollup`.`experiment_key` = NEW.`experiment_key` AND `experiment_rollup`.`quarter` = `seen`.`quarter`
    AND `experiment_rollup`.`phase` = `seen`.`phase` AND `experiment_rollup`.`variant` = `seen`.`variant`
    AND NOT EXISTS (
    SELECT 1 FROM `experiment_assignment`
    WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id` AND `conflict` IS NOT NULL);
  UPDATE `experiment_rollup` SET `assignments` = `experiment_rollup`.`assignments` - 1
  FROM (
    SELECT * FROM `experiment_assignment`
    WHERE `user_id` = NEW.`user_id` AND `experiment_key` = NEW.`experiment_key` AND `conflict` IS NULL
  ) AS `own`
  WHERE `experiment_rollup`.`experiment_key` = NEW.`experiment_key` AND `experiment_rollup`.`quarter` = `own`.`assigned_at` / 900000
    AND `experiment_rollup`.`phase` = `own`.`phase` AND `experiment_rollup`.`variant` = `own`.`variant`;
  UPDATE `experiment_rollup` SET
    `exposed_users` = `experiment_rollup`.`exposed_users` - 1,
    `conversions` = `experiment_rollup`.`conversions` - `own`.`converted`,
    `clicks` = `experiment_rollup`.`clicks` - `own`.`clicks`
  FROM (
    SELECT * FROM `experiment_assignment`
    WHERE `user_id` = NEW.`user_id` AND `experiment_key` = NEW.`experiment_key` AND `conflict` IS NULL
  ) AS `own`
  WHERE `experiment_rollup`.`experiment_key` = NEW.`experiment_key` AND `experiment_rollup`.`quarter` = `own`.`first_exposed_at` / 900000
    AND `experiment_rollup`.`phase` = `own`.`phase` AND `experiment_rollup`.`variant` = `own`.`variant`;
END;
--> statement-breakpoint
-- The opposite. The rows of a deleted experiment go with it.
CREATE TRIGGER `experiment_exclusion_deleted` AFTER DELETE ON `experiment_exclusion`
WHEN EXISTS (SELECT 1 FROM `experiment` WHERE `key` = OLD.`experiment_key`)
BEGIN
  INSERT INTO `experiment_rollup` (`experiment_key`, `quarter`, `phase`, `variant`, `exposures`)
  SELECT OLD.`experiment_key`, `quarter`, `phase`, `variant`, `times`
  FROM (
    SELECT `variant`, `phase`, `at` / 900000 AS `quarter`, count(*) AS `times` FROM `experiment_exposure`
    WHERE `user_id` = OLD.`user_id` AND `experiment_key` = OLD.`experiment_key` GROUP BY 1, 2, 3
  ) WHERE NOT EXISTS (
    SELECT 1 FROM `experiment_assignment`
    WHERE `experiment_key` = OLD.`experiment_key` AND `user_id` = OLD.`user_id` AND `conflict` IS NOT NULL)
  ON CONFLICT DO UPDATE SET `exposures` = `exposures` + excluded.`exposures`;
  INSERT INTO `experiment_rollup` (`experiment_key`, `quarter`, `phase`, `variant`, `assignments`)
  SELECT `experiment_key`, `assigned_at` / 900000, `phase`, `variant`, 1
  FROM (
    SELECT * FROM `experiment_assignment`
    WHERE `user_id` = OLD.`user_id` AND `experiment_key` = OLD.`experiment_key` AND `conflict` IS NULL
  ) WHERE true
  ON CONFLICT DO UPDATE SET `assignments` = `assignments` + 1;
  INSERT INTO `experiment_rollup` (`experiment_key`, `quarter`, `phase`, `variant`, `exposed_users`, `conversions`, `clicks`)
  SELECT `experiment_key`, `first_exposed_at` / 900000, `phase`, `variant`, 1, `converted`, `clicks`
  FROM (
    SELECT * FROM `experiment_assignment`
    WHERE `user_id` = OLD.`user_id` AND `experiment_key` = OLD.`experiment_key` AND `conflict` IS NULL
  ) WHERE `first_exposed_at` IS NOT NULL
  ON CONFLICT DO UPDATE SET
    `exposed_users` = `exposed_users` + 1,
    `conversions` = `conversions` + excluded.`conversions`,
    `clicks` = `clicks` + excluded.`clicks`;
END;
--> statement-breakpoint
-- A tester stays excluded for ever: a tester has seen a variant that no weights gave.
CREATE TRIGGER `experiment_people_inserted` AFTER INSERT ON `experiment`
WHEN NEW.`testers` IS NOT NULL OR NEW.`left_out` IS NOT NULL
BEGIN
  INSERT INTO `experiment_exclusion`
  SELECT NEW.`key`, `value` ->> '$.userId', 'tester', 1 FROM json_each(NEW.`testers`) WHERE true
  ON CONFLICT DO UPDATE SET `reason` = 'tester', `is_kept` = 1;
  INSERT INTO `experiment_exclusion`
  SELECT NEW.`key`, `value`, 'list', 0 FROM json_each(NEW.`left_out`, '$.userIds') WHERE true
  ON CONFLICT DO NOTHING;
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_people_updated` AFTER UPDATE OF `testers`, `left_out` ON `experiment`
WHEN NEW.`testers` IS NOT OLD.`testers` OR NEW.`left_out` IS NOT OLD.`left_out`
BEGIN
  INSERT INTO `experiment_exclusion`
  SELECT NEW.`key`, `value` ->> '$.userId', 'tester', 1 FROM json_each(NEW.`testers`) WHERE true
  ON CONFLICT DO UPDATE SET `reason` = 'tester', `is_kept` = 1;
  DELETE FROM `experiment_exclusion` WHERE `experiment_key` = NEW.`key` AND `is_kept` = 0
    AND `user_id` NOT IN (SELECT `value` FROM json_each(NEW.`left_out`, '$.userIds'));
  INSERT INTO `experiment_exclusion`
  SELECT NEW.`key`, `value`, 'list', 0 FROM json_each(NEW.`left_out`, '$.userIds') WHERE true
  ON CONFLICT DO NOTHING;
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_people_deleted` AFTER DELETE ON `experiment`
BEGIN
  DELETE FROM `experiment_exclusion` WHERE `experiment_key` = OLD.`key`;
END;
