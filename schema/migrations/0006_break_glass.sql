CREATE TABLE `break_glass` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
