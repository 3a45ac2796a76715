-- Since when a user counts in no result. A verdict must hold with and without users who were counted before.
ALTER TABLE `experiment_exclusion` ADD `at` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- The lists did not say when. The last edit of the experiment is the latest that it can be.
UPDATE `experiment_exclusion` SET `at` = coalesce((
  SELECT `updated_at` FROM `experiment` WHERE `key` = `experiment_exclusion`.`experiment_key`), 0);
--> statement-breakpoint
DROP TRIGGER `experiment_people_inserted`;
--> statement-breakpoint
DROP TRIGGER `experiment_people_updated`;
--> statement-breakpoint
-- The triggers of the migration `people`, with the time. A user who stays in a list keeps the first one.
CREATE TRIGGER `experiment_people_inserted` AFTER INSERT ON `experiment`
WHEN NEW.`testers` IS NOT NULL OR NEW.`left_out` IS NOT NULL
BEGIN
  INSERT INTO `experiment_exclusion` (`experiment_key`, `user_id`, `reason`, `is_kept`, `at`)
  SELECT NEW.`key`, `value` ->> '$.userId', 'tester', 1, NEW.`updated_at` FROM json_each(NEW.`testers`) WHERE true
  ON CONFLICT DO UPDATE SET `reason` = 'tester', `is_kept` = 1;
  INSERT INTO `experiment_exclusion` (`experiment_key`, `user_id`, `reason`, `is_kept`, `at`)
  SELECT NEW.`key`, `value`, 'list', 0, NEW.`updated_at` FROM json_each(NEW.`left_out`, '$.userIds') WHERE true
  ON CONFLICT DO NOTHING;
END;
--> statement-breakpoint
CREATE TRIGGER `experiment_people_updated` AFTER UPDATE OF `testers`, `left_out` ON `experiment`
WHEN NEW.`testers` IS NOT OLD.`testers` OR NEW.`left_out` IS NOT OLD.`left_out`
BEGIN
  INSERT INTO `experiment_exclusion` (`experiment_key`, `user_id`, `reason`, `is_kept`, `at`)
  SELECT NEW.`key`, `value` ->> '$.userId', 'tester', 1, NEW.`updated_at` FROM json_each(NEW.`testers`) WHERE true
  ON CONFLICT DO UPDATE SET `reason` = 'tester', `is_kept` = 1;
  DELETE FROM `experiment_exclusion` WHERE `experiment_key` = NEW.`key` AND `is_kept` = 0
    AND `user_id` NOT IN (SELECT `value` FROM json_each(NEW.`left_out`, '$.userIds'));
  INSERT INTO `experiment_exclusion` (`experiment_key`, `user_id`, `reason`, `is_kept`, `at`)
  SELECT NEW.`key`, `value`, 'list', 0, NEW.`updated_at` FROM json_each(NEW.`left_out`, '$.userIds') WHERE true
  ON CONFLICT DO NOTHING;
END;
