CREATE TABLE `segment` (
	`key` text PRIMARY KEY NOT NULL,
	`description` text,
	`include` text NOT NULL,
	`exclude` text NOT NULL,
	`conditions` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
