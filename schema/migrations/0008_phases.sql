-- Phases: a history of launches, pauses and stops, and roll-ups by quarter of an hour and phase.
CREATE TABLE `experiment_history` (
	`experiment_key` text NOT NULL,
	`seq` integer NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`phase` integer NOT NULL,
	`variants` text,
	`starts_over` integer NOT NULL,
	PRIMARY KEY(`experiment_key`, `seq`)
);
--> statement-breakpoint
-- The audit has the whole experiment after each launch, pause and stop. 2440587.5 is the Julian day of 1970.
INSERT INTO `experiment_history`
WITH `fact` AS (
  SELECT substr(`target`, 12) AS `experiment_key`, `after` ->> '$.version' AS `seq`, substr(`action`, 12) AS `kind`, `at`,
    CAST(round((julianday(`after` ->> '$.startAt') - 2440587.5) * 86400000) AS INTEGER) AS `start_at`,
    CAST(round((julianday(`after` ->> '$.stopAt') - 2440587.5) * 86400000) AS INTEGER) AS `stop_at`,
    `after` -> '$.variants' AS `variants`
  FROM `admin_action`
  WHERE `action` IN ('experiment.launch', 'experiment.pause', 'experiment.stop') AND json_valid(`after`)
    AND substr(`target`, 12) IN (SELECT `key` FROM `experiment`)
),
`launched` AS (
  SELECT *, lag(`variants`) OVER (PARTITION BY `experiment_key` ORDER BY `seq`) AS `was` FROM `fact` WHERE `kind` = 'launch'
),
`phased` AS (
  SELECT *, 1 + sum(`was` IS NOT NULL AND `was` <> `variants`) OVER (PARTITION BY `experiment_key` ORDER BY `seq`) AS `phase`
  FROM `launched`
)
SELECT `experiment_key`, `seq`, `kind`,
  CASE WHEN `kind` = 'launch' THEN max(`at`, coalesce(`start_at`, `at`)) ELSE min(`at`, coalesce(`stop_at`, `at`)) END,
  coalesce((
    SELECT `phase` FROM `phased` WHERE `phased`.`experiment_key` = `fact`.`experiment_key` AND `phased`.`seq` <= `fact`.`seq`
    ORDER BY `phased`.`seq` DESC LIMIT 1), 1),
  CASE WHEN `kind` = 'launch' THEN `variants` END, 0
FROM `fact` WHERE `seq` IS NOT NULL
ON CONFLICT DO NOTHING;
--> statement-breakpoint
-- Launched without an audit row. If the variants changed since, those of the first phase are not known.
INSERT INTO `experiment_history`
WITH `unknown` AS (
  SELECT * FROM `experiment` WHERE `launched_at` IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM `experiment_history` WHERE `experiment_key` = `key` AND `kind` = 'launch')
)
SELECT `key`, `version` - 2, 'launch', coalesce(`start_at`, `launched_at`), 1, NULL, 0
FROM `unknown` WHERE `reweighted_at` IS NOT NULL
UNION ALL
SELECT `key`, `version` - 1, 'launch', coalesce(`reweighted_at`, `start_at`, `launched_at`),
  iif(`reweighted_at` IS NULL, 1, 2), `variants`, 0
FROM `unknown`
UNION ALL
SELECT `key`, `version`, iif(`status` = 'PAUSED', 'pause', 'stop'),
  iif(`status` = 'PAUSED', `updated_at`, coalesce(`stop_at`, `updated_at`)), iif(`reweighted_at` IS NULL, 1, 2), NULL, 0
FROM `unknown` WHERE `status` IN ('PAUSED', 'STOPPED')
ON CONFLICT DO NOTHING;
--> statement-breakpoint
CREATE TRIGGER `experiment_history_no_update` BEFORE UPDATE ON `experiment_history`
BEGIN SELECT RAISE(ABORT, 'experiment_history is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `experiment_history_no_delete` BEFORE DELETE ON `experiment_history`
WHEN EXISTS (SELECT 1 FROM `experiment` WHERE `key` = OLD.`experiment_key`)
BEGIN SELECT RAISE(ABORT, 'experiment_history is append-only'); END;
--> statement-breakpoint
-- REPLACE deletes without asking the trigger above.
CREATE TRIGGER `experiment_history_no_replace` BEFORE INSERT ON `experiment_history`
WHEN EXISTS (SELECT 1 FROM `experiment_history` WHERE `experiment_key` = NEW.`experiment_key` AND `seq` = NEW.`seq`)
BEGIN SELECT RAISE(ABORT, 'experiment_history is append-only'); END;
--> statement-breakpoint
DROP TRIGGER `experiment_assignment_inserted`;
--> statement-breakpoint
DROP TRIGGER `experiment_exposure_inserted`;
--> statement-breakpoint
DROP TRIGGER `experiment_assignment_updated`;
--> statement-breakpoint
DROP TRIGGER `experiment_assignment_conflicted`;
--> statement-breakpoint
DROP TRIGGER `event_inserted`;
--> statement-breakpoint
DROP VIEW `assigned_variant`;
--> statement-breakpoint
ALTER TABLE `event` ADD `span_ms` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `experiment_assignment` ADD `phase` integer DEFAULT 1 NOT NULL;
--> statement-breakpoint
ALTER TABLE `experiment_exposure` ADD `phase` integer DEFAULT 1 NOT NULL;
--> statement-breakpoint
UPDATE `experiment_assignment` SET `phase` = coalesce((SELECT `phase` FROM `experiment_history` AS `fact`
    WHERE `fact`.`kind` = 'launch' AND `fact`.`experiment_key` = `experiment_assignment`.`experiment_key` AND `fact`.`at` <= `assigned_at`
    ORDER BY `fact`.`seq` DESC LIMIT 1), 1)
WHERE `experiment_key` IN (SELECT `experiment_key` FROM `experiment_history` WHERE `phase` > 1);
--> statement-breakpoint
UPDATE `experiment_exposure` SET `phase` = coalesce(
  (SELECT `phase` FROM `experiment_assignment` AS `own`
    WHERE `own`.`experiment_key` = `experiment_exposure`.`experiment_key` AND `own`.`user_id` = `experiment_exposure`.`user_id`),
  (SELECT `phase` FROM `experiment_history` AS `fact`
    WHERE `fact`.`kind` = 'launch' AND `fact`.`experiment_key` = `experiment_exposure`.`experiment_key` AND `fact`.`at` <= `experiment_exposure`.`at`
    ORDER BY `fact`.`seq` DESC LIMIT 1), 1)
WHERE `experiment_key` IN (SELECT `experiment_key` FROM `experiment_history` WHERE `phase` > 1);
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
);
--> statement-breakpoint
INSERT INTO `experiment_rollup_new` (`experiment_key`, `quarter`, `phase`, `variant`, `assignments`)
SELECT `experiment_key`, `assigned_at` / 900000, `phase`, `variant`, count(*) FROM `experiment_assignment`
WHERE `conflict` IS NULL GROUP BY 1, 2, 3, 4;
--> statement-breakpoint
INSERT INTO `experiment_rollup_new` (`experiment_key`, `quarter`, `phase`, `variant`, `exposed_users`, `conversions`, `clicks`)
SELECT `experiment_key`, `first_exposed_at` / 900000, `phase`, `variant`, count(*), sum(`converted`), sum(`clicks`)
FROM `experiment_assignment` WHERE `conflict` IS NULL AND `first_exposed_at` IS NOT NULL GROUP BY 1, 2, 3, 4
ON CONFLICT DO UPDATE SET `exposed_users` = `exposed_users` + excluded.`exposed_users`, `conversions` = `conversions` + excluded.`conversions`, `clicks` = `clicks` + excluded.`clicks`;
--> statement-breakpoint
INSERT INTO `experiment_rollup_new` (`experiment_key`, `quarter`, `phase`, `variant`, `exposures`)
SELECT `experiment_key`, `at` / 900000, `phase`, `variant`, count(*) FROM `experiment_exposure` AS `seen`
WHERE NOT EXISTS (
  SELECT 1 FROM `experiment_assignment` AS `own` WHERE `own`.`experiment_key` = `seen`.`experiment_key`
    AND `own`.`user_id` = `seen`.`user_id` AND `own`.`conflict` IS NOT NULL)
GROUP BY 1, 2, 3, 4
ON CONFLICT DO UPDATE SET `exposures` = `exposures` + excluded.`exposures`;
--> statement-breakpoint
-- Counts of an hour that raw rows no longer bear, because retention deleted them, stay: in its first quarter.
INSERT INTO `experiment_rollup_new`
SELECT `old`.`experiment_key`, `old`.`hour` * 4, coalesce((SELECT `phase` FROM `experiment_history` AS `fact`
    WHERE `fact`.`kind` = 'launch' AND `fact`.`experiment_key` = `old`.`experiment_key` AND `fact`.`at` <= `old`.`hour` * 3600000
    ORDER BY `fact`.`seq` DESC LIMIT 1), 1), `old`.`variant`,
  `old`.`assignments` - coalesce(`kept`.`assignments`, 0),
  `old`.`exposures` - coalesce(`kept`.`exposures`, 0),
  `old`.`exposed_users` - coalesce(`kept`.`exposed_users`, 0),
  `old`.`conversions` - coalesce(`kept`.`conversions`, 0),
  `old`.`clicks` - coalesce(`kept`.`clicks`, 0)
FROM `experiment_rollup` AS `old` LEFT JOIN (
  SELECT `experiment_key`, `quarter` / 4 AS `hour`, `variant`, sum(`assignments`) AS `assignments`, sum(`exposures`) AS `exposures`, sum(`exposed_users`) AS `exposed_users`, sum(`conversions`) AS `conversions`, sum(`clicks`) AS `clicks`
  FROM `experiment_rollup_new` GROUP BY 1, 2, 3
) AS `kept` USING (`experiment_key`, `hour`, `variant`)
WHERE (`old`.`assignments`, `old`.`exposures`, `old`.`exposed_users`, `old`.`conversions`, `old`.`clicks`)
  IS NOT (coalesce(`kept`.`assignments`, 0), coalesce(`kept`.`exposures`, 0), coalesce(`kept`.`exposed_users`, 0), coalesce(`kept`.`conversions`, 0), coalesce(`kept`.`clicks`, 0))
ON CONFLICT DO UPDATE SET `assignments` = `assignments` + excluded.`assignments`, `exposures` = `exposures` + excluded.`exposures`, `exposed_users` = `exposed_users` + excluded.`exposed_users`, `conversions` = `conversions` + excluded.`conversions`, `clicks` = `clicks` + excluded.`clicks`;
--> statement-breakpoint
DROP TABLE `experiment_rollup`;
--> statement-breakpoint
ALTER TABLE `experiment_rollup_new` RENAME TO `experiment_rollup`;
--> statement-breakpoint
CREATE VIEW `assigned_variant` AS SELECT experiment_key, variant FROM experiment_rollup WHERE assignments > 0
    UNION SELECT experiment_key, variant FROM experiment_assignment WHERE conflict IS NOT NULL
    UNION SELECT experiment_key, conflict FROM experiment_assignment WHERE conflict IS NOT NULL;
--> statement-breakpoint
-- The triggers of the migrations `experiments` and `identity`, by quarter and phase. In addition:
-- an event that was given to the second happened within that second, so it is later than an exposure of that second;
-- events no longer count when the last window after the stop has closed.
CREATE TRIGGER `experiment_assignment_inserted` AFTER INSERT ON `experiment_assignment`
BEGIN
  INSERT INTO `experiment_rollup` (`experiment_key`, `quarter`, `phase`, `variant`, `assignments`)
  VALUES (NEW.`experiment_key`, NEW.`assigned_at` / 900000, NEW.`phase`, NEW.`variant`, 1)
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
CREATE TRIGGER `event_inserted` AFTER INSERT ON `event` WHEN NEW.`type` IN ('booking.confirmed', 'event.viewed')
BEGIN
  UPDATE `experiment_assignment` SET
    `converted` = max(`converted`, NEW.`type` = 'booking.confirmed' AND NEW.`at` <= `first_exposed_at` + 604800000),
    `clicks` = `clicks` + (NEW.`type` = 'event.viewed')
  WHERE `user_id` = NEW.`user_id` AND `first_exposed_at` < NEW.`at` + NEW.`span_ms` AND NEW.`at` <= coalesce((
    SELECT `stop_at` + 604800000 FROM `experiment`
    WHERE `key` = `experiment_assignment`.`experiment_key` AND `status` = 'STOPPED'), NEW.`at`);
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_assignment_updated` AFTER UPDATE OF `first_exposed_at`, `converted`, `clicks` ON `experiment_assignment`
WHEN NEW.`conflict` IS NULL AND (NEW.`first_exposed_at` IS NOT OLD.`first_exposed_at`
  OR NEW.`converted` <> OLD.`converted` OR NEW.`clicks` <> OLD.`clicks`)
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
