-- Fewer rows for each write. SQLite cannot change a table to WITHOUT ROWID, so these are made anew, with their rows.
-- Their triggers are those of the migrations `phases`, `lifetime` and `people`, with three changes: an exposure that
-- changes no outcome writes no assignment, a further booking neither, and one quarter of the roll-ups is written once.
-- `exposures` of an assignment now counts only those whose raw rows were deleted; the others are counted where they are.
DROP TRIGGER `experiment_exclusion_inserted`;
--> statement-breakpoint
DROP TRIGGER `experiment_exclusion_deleted`;
--> statement-breakpoint
DROP TRIGGER `experiment_assignment_inserted`;
--> statement-breakpoint
DROP TRIGGER `experiment_assignment_updated`;
--> statement-breakpoint
DROP TRIGGER `experiment_assignment_conflicted`;
--> statement-breakpoint
DROP TRIGGER `experiment_exposure_inserted`;
--> statement-breakpoint
DROP TRIGGER `experiment_exposure_of_deleted`;
--> statement-breakpoint
DROP TRIGGER `event_inserted`;
--> statement-breakpoint
DROP VIEW `assigned_variant`;
--> statement-breakpoint
CREATE TABLE `experiment_assignment_new` (
	`experiment_key` text NOT NULL,
	`user_id` text NOT NULL,
	`variant` text NOT NULL,
	`assigned_at` integer NOT NULL,
	`exposures` integer DEFAULT 0 NOT NULL,
	`first_exposed_at` integer,
	`converted` integer DEFAULT 0 NOT NULL,
	`clicks` integer DEFAULT 0 NOT NULL,
	`conflict` text,
	`phase` integer DEFAULT 1 NOT NULL,
	PRIMARY KEY(`experiment_key`, `user_id`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `experiment_assignment_new`
SELECT `experiment_key`, `user_id`, `variant`, `assigned_at`,
  max(0, `exposures` - (SELECT count(*) FROM `experiment_exposure` AS `seen`
    WHERE `seen`.`user_id` = `own`.`user_id` AND `seen`.`experiment_key` = `own`.`experiment_key`)),
  `first_exposed_at`, `converted`, `clicks`, `conflict`, `phase` FROM `experiment_assignment` AS `own`
ORDER BY 1, 2;
--> statement-breakpoint
DROP TABLE `experiment_assignment`;
--> statement-breakpoint
ALTER TABLE `experiment_assignment_new` RENAME TO `experiment_assignment`;
--> statement-breakpoint
CREATE INDEX `experiment_assignment_user` ON `experiment_assignment` (`user_id`);
--> statement-breakpoint
CREATE INDEX `experiment_assignment_conflict` ON `experiment_assignment` (`experiment_key`,`assigned_at`) WHERE "experiment_assignment"."conflict" IS NOT NULL;
--> statement-breakpoint
CREATE TABLE `experiment_exposure_new` (
	`user_id` text NOT NULL,
	`id` text NOT NULL,
	`experiment_key` text NOT NULL,
	`variant` text NOT NULL,
	`at` integer NOT NULL,
	`phase` integer DEFAULT 1 NOT NULL,
	PRIMARY KEY(`user_id`, `experiment_key`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `experiment_exposure_new`
SELECT `user_id`, `id`, `experiment_key`, `variant`, `at`, `phase` FROM `experiment_exposure`
ORDER BY `user_id`, `experiment_key`, `id`;
--> statement-breakpoint
DROP TABLE `experiment_exposure`;
--> statement-breakpoint
ALTER TABLE `experiment_exposure_new` RENAME TO `experiment_exposure`;
--> statement-breakpoint
CREATE INDEX `experiment_exposure_at` ON `experiment_exposure` (`at`);
--> statement-breakpoint
CREATE TABLE `event_new` (
	`user_id` text NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	`span_ms` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`user_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `event_new`
SELECT `user_id`, `id`, `type`, `at`, `span_ms` FROM `event`
ORDER BY `user_id`, `id`;
--> statement-breakpoint
DROP TABLE `event`;
--> statement-breakpoint
ALTER TABLE `event_new` RENAME TO `event`;
--> statement-breakpoint
CREATE INDEX `event_user` ON `event` (`user_id`,`type`,`at`);
--> statement-breakpoint
CREATE INDEX `event_at` ON `event` (`at`);
--> statement-breakpoint
CREATE TABLE `experiment_rollup_new` (
	`experiment_key` text NOT NULL,
	`quarter` integer NOT NULL,
	`phase` integer NOT NULL,
	`variant` text NOT NULL,
	`assignments` integer DEFAULT 0 NOT NULL,
	`exposures` integer DEFAULT 0 NOT NULL,
	`exposed_users` integer DEFAULT 0 NOT NULL,
	`conversions` integer DEFAULT 0 NOT NULL,
	`clicks` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`experiment_key`, `quarter`, `phase`, `variant`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `experiment_rollup_new`
SELECT `experiment_key`, `quarter`, `phase`, `variant`, `assignments`, `exposures`, `exposed_users`, `conversions`, `clicks` FROM `experiment_rollup`;
--> statement-breakpoint
DROP TABLE `experiment_rollup`;
--> statement-breakpoint
ALTER TABLE `experiment_rollup_new` RENAME TO `experiment_rollup`;
--> statement-breakpoint
CREATE VIEW `assigned_variant` AS SELECT experiment_key, variant FROM experiment_rollup WHERE assignments > 0
    UNION SELECT experiment_key, variant FROM experiment_assignment WHERE conflict IS NOT NULL
    UNION SELECT experiment_key, conflict FROM experiment_assignment WHERE conflict IS NOT NULL
    UNION SELECT experiment_key, variant FROM experiment_exclusion JOIN experiment_assignment USING (experiment_key, user_id);
--> statement-breakpoint
CREATE TRIGGER `experiment_assignment_inserted` AFTER INSERT ON `experiment_assignment`
BEGIN
  INSERT INTO `experiment_rollup` (`experiment_key`, `quarter`, `phase`, `variant`, `assignments`)
  SELECT NEW.`experiment_key`, NEW.`assigned_at` / 900000, NEW.`phase`, NEW.`variant`, 1
  WHERE NOT EXISTS (SELECT 1 FROM `experiment_exclusion` WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id`)
  ON CONFLICT DO UPDATE SET `assignments` = `assignments` + 1;
  UPDATE `experiment_assignment` SET
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
    `first_exposed_at` = NEW.`at`,
    `converted` = EXISTS (
      SELECT 1 FROM `event` WHERE `event`.`user_id` = NEW.`user_id` AND `event`.`type` = 'booking.confirmed'
        AND `event`.`at` + `event`.`span_ms` > NEW.`at` AND `event`.`at` <= NEW.`at` + 604800000
        AND `event`.`at` <= coalesce((SELECT `stop_at` + 604800000 FROM `experiment` WHERE `key` = NEW.`experiment_key` AND `status` = 'STOPPED'), `event`.`at`)),
    `clicks` = (
      SELECT count(*) FROM `event` WHERE `event`.`user_id` = NEW.`user_id` AND `event`.`type` = 'event.viewed'
        AND `event`.`at` + `event`.`span_ms` > NEW.`at`
        AND `event`.`at` <= coalesce((SELECT `stop_at` + 604800000 FROM `experiment` WHERE `key` = NEW.`experiment_key` AND `status` = 'STOPPED'), `event`.`at`))
  WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id`
    AND (`first_exposed_at` IS NULL OR `first_exposed_at` > NEW.`at`);
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_exposure_of_deleted` BEFORE INSERT ON `experiment_exposure`
WHEN EXISTS (SELECT 1 FROM `deleted_experiment` WHERE `key` = NEW.`experiment_key`)
BEGIN SELECT RAISE(IGNORE); END;
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
    AND `phase` = OLD.`phase` AND `variant` = OLD.`variant`
    AND OLD.`first_exposed_at` / 900000 IS NOT NEW.`first_exposed_at` / 900000;
  INSERT INTO `experiment_rollup` (`experiment_key`, `quarter`, `phase`, `variant`, `exposed_users`, `conversions`, `clicks`)
  SELECT NEW.`experiment_key`, NEW.`first_exposed_at` / 900000, NEW.`phase`, NEW.`variant`, NOT `is_same`,
    NEW.`converted` - iif(`is_same`, OLD.`converted`, 0), NEW.`clicks` - iif(`is_same`, OLD.`clicks`, 0)
  FROM (SELECT OLD.`first_exposed_at` / 900000 IS NEW.`first_exposed_at` / 900000 AS `is_same`)
  WHERE NOT `is_same` OR NEW.`converted` <> OLD.`converted` OR NEW.`clicks` <> OLD.`clicks`
  ON CONFLICT DO UPDATE SET
    `exposed_users` = `exposed_users` + excluded.`exposed_users`,
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
CREATE TRIGGER `event_inserted` AFTER INSERT ON `event` WHEN NEW.`type` IN ('booking.confirmed', 'event.viewed')
BEGIN
  UPDATE `experiment_assignment` SET
    `converted` = max(`converted`, NEW.`type` = 'booking.confirmed' AND NEW.`at` <= `first_exposed_at` + 604800000),
    `clicks` = `clicks` + (NEW.`type` = 'event.viewed')
  WHERE `user_id` = NEW.`user_id` AND `first_exposed_at` < NEW.`at` + NEW.`span_ms` AND NEW.`at` <= coalesce((
    SELECT `stop_at` + 604800000 FROM `experiment`
    WHERE `key` = `experiment_assignment`.`experiment_key` AND `status` = 'STOPPED'), NEW.`at`)
    AND (NEW.`type` = 'event.viewed' OR (`converted` = 0 AND NEW.`at` <= `first_exposed_at` + 604800000));
END;
--> statement-breakpoint
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
