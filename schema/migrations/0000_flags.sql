CREATE TABLE `admin_action` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`target` text NOT NULL,
	`before` text,
	`after` text,
	`comment` text
);
--> statement-breakpoint
CREATE INDEX `admin_action_target` ON `admin_action` (`target`,`id`);--> statement-breakpoint
CREATE INDEX `admin_action_actor` ON `admin_action` (`actor`,`id`);--> statement-breakpoint
CREATE TABLE `api_key` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_key_name_unique` ON `api_key` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `api_key_hash_unique` ON `api_key` (`hash`);--> statement-breakpoint
CREATE TABLE `feature_flag` (
	`key` text PRIMARY KEY NOT NULL,
	`description` text,
	`enabled` integer NOT NULL,
	`rollout` integer NOT NULL,
	`rules` text,
	`kill_switch` integer NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `snapshot_state` (
	`id` integer PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "snapshot_state_one_row" CHECK("snapshot_state"."id" = 1)
);
--> statement-breakpoint
-- The snapshot version starts at 0: nothing was ever edited.
INSERT INTO `snapshot_state` (`id`, `version`, `updated_at`) VALUES (1, 0, 0);
--> statement-breakpoint
-- The audit is append-only, whoever holds the connection.
CREATE TRIGGER `admin_action_no_update` BEFORE UPDATE ON `admin_action`
BEGIN SELECT RAISE(ABORT, 'admin_action is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `admin_action_no_delete` BEFORE DELETE ON `admin_action`
BEGIN SELECT RAISE(ABORT, 'admin_action is append-only'); END;
--> statement-breakpoint
-- REPLACE deletes without asking the trigger above.
CREATE TRIGGER `admin_action_no_replace` BEFORE INSERT ON `admin_action`
WHEN EXISTS (SELECT 1 FROM `admin_action` WHERE `id` = new.`id`)
BEGIN SELECT RAISE(ABORT, 'admin_action is append-only'); END;
