CREATE TABLE `deleted_experiment` (
	`key` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `experiment` ADD `owner` text;--> statement-breakpoint
ALTER TABLE `experiment` ADD `note` text;--> statement-breakpoint
ALTER TABLE `experiment` ADD `decision` text;--> statement-breakpoint
ALTER TABLE `experiment` ADD `archived_at` integer;
--> statement-breakpoint
-- The owner of an experiment is the actor who created it last.
UPDATE `experiment` SET `owner` = (
  SELECT `actor` FROM `admin_action` WHERE `target` = 'experiment:' || `key` AND `action` = 'experiment.create'
  ORDER BY `id` DESC LIMIT 1);
--> statement-breakpoint
-- Participant objects still have the variants of a deleted experiment. IGNORE drops the row: the edit then changed nothing.
CREATE TRIGGER `experiment_key_is_unused` BEFORE INSERT ON `experiment`
WHEN EXISTS (SELECT 1 FROM `deleted_experiment` WHERE `key` = NEW.`key`)
BEGIN SELECT RAISE(IGNORE); END;
--> statement-breakpoint
-- An outbox may deliver an exposure after the deletion. Without its assignment, no later purge would find it.
CREATE TRIGGER `experiment_exposure_of_deleted` BEFORE INSERT ON `experiment_exposure`
WHEN EXISTS (SELECT 1 FROM `deleted_experiment` WHERE `key` = NEW.`experiment_key`)
BEGIN SELECT RAISE(IGNORE); END;
