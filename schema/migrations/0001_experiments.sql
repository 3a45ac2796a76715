CREATE TABLE `event` (
	`user_id` text NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `event_user` ON `event` (`user_id`,`type`,`at`);--> statement-breakpoint
CREATE TABLE `experiment` (
	`key` text PRIMARY KEY NOT NULL,
	`description` text,
	`variants` text NOT NULL,
	`status` text NOT NULL,
	`start_at` integer,
	`stop_at` integer,
	`plan` text,
	`launched_at` integer,
	`reweighted_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `experiment_assignment` (
	`experiment_key` text NOT NULL,
	`user_id` text NOT NULL,
	`variant` text NOT NULL,
	`assigned_at` integer NOT NULL,
	`exposures` integer DEFAULT 0 NOT NULL,
	`first_exposed_at` integer,
	`converted` integer DEFAULT 0 NOT NULL,
	`clicks` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`experiment_key`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `experiment_assignment_user` ON `experiment_assignment` (`user_id`);--> statement-breakpoint
CREATE TABLE `experiment_exposure` (
	`user_id` text NOT NULL,
	`id` text NOT NULL,
	`experiment_key` text NOT NULL,
	`variant` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `experiment_key`, `id`)
);
--> statement-breakpoint
CREATE TABLE `experiment_rollup` (
	`experiment_key` text NOT NULL,
	`variant` text NOT NULL,
	`hour` integer NOT NULL,
	`assignments` integer DEFAULT 0 NOT NULL,
	`exposures` integer DEFAULT 0 NOT NULL,
	`exposed_users` integer DEFAULT 0 NOT NULL,
	`conversions` integer DEFAULT 0 NOT NULL,
	`clicks` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`experiment_key`, `hour`, `variant`)
);
--> statement-breakpoint
-- A key names a flag or an experiment, never both. IGNORE drops the row: the edit then changed nothing, and says so.
CREATE TRIGGER `feature_flag_key_is_free` BEFORE INSERT ON `feature_flag`
WHEN EXISTS (SELECT 1 FROM `experiment` WHERE `key` = NEW.`key`)
BEGIN SELECT RAISE(IGNORE); END;
--> statement-breakpoint
CREATE TRIGGER `experiment_key_is_free` BEFORE INSERT ON `experiment`
WHEN EXISTS (SELECT 1 FROM `feature_flag` WHERE `key` = NEW.`key`)
BEGIN SELECT RAISE(IGNORE); END;
--> statement-breakpoint
-- Roll-ups. Rows come in any order (a phone was offline, a table was restored before another), so each trigger says
-- what changed, not what came last.
-- Write raw rows with ON CONFLICT DO NOTHING, never INSERT OR IGNORE: its policy would pass into the triggers.
-- 604800000 ms are the 7 days in which a booking counts as a conversion.
CREATE TRIGGER `experiment_assignment_inserted` AFTER INSERT ON `experiment_assignment`
BEGIN
  INSERT INTO `experiment_rollup` (`experiment_key`, `variant`, `hour`, `assignments`)
  VALUES (NEW.`experiment_key`, NEW.`variant`, NEW.`assigned_at` / 3600000, 1)
  ON CONFLICT DO UPDATE SET `assignments` = `assignments` + 1;
  UPDATE `experiment_assignment` SET
    `exposures` = `seen`.`times`,
    `first_exposed_at` = `seen`.`first_at`,
    `converted` = EXISTS (
      SELECT 1 FROM `event` WHERE `event`.`user_id` = NEW.`user_id` AND `event`.`type` = 'booking.confirmed'
        AND `event`.`at` > `seen`.`first_at` AND `event`.`at` <= `seen`.`first_at` + 604800000),
    `clicks` = (
      SELECT count(*) FROM `event` WHERE `event`.`user_id` = NEW.`user_id` AND `event`.`type` = 'event.viewed'
        AND `event`.`at` > `seen`.`first_at`)
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
  INSERT INTO `experiment_rollup` (`experiment_key`, `variant`, `hour`, `exposures`)
  VALUES (NEW.`experiment_key`, NEW.`variant`, NEW.`at` / 3600000, 1)
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
CREATE TRIGGER `event_inserted` AFTER INSERT ON `event` WHEN NEW.`type` IN ('booking.confirmed', 'event.viewed')
BEGIN
  UPDATE `experiment_assignment` SET
    `converted` = max(`converted`, NEW.`type` = 'booking.confirmed' AND NEW.`at` <= `first_exposed_at` + 604800000),
    `clicks` = `clicks` + (NEW.`type` = 'event.viewed')
  WHERE `user_id` = NEW.`user_id` AND `first_exposed_at` < NEW.`at`;
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_assignment_updated` AFTER UPDATE OF `first_exposed_at`, `converted`, `clicks` ON `experiment_assignment`
WHEN NEW.`first_exposed_at` IS NOT OLD.`first_exposed_at` OR NEW.`converted` <> OLD.`converted` OR NEW.`clicks` <> OLD.`clicks`
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
