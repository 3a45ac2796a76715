CREATE INDEX `event_at` ON `event` (`at`);--> statement-breakpoint
CREATE INDEX `experiment_exposure_at` ON `experiment_exposure` (`at`);