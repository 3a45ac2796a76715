CREATE TABLE `deployment` (
	`id` integer PRIMARY KEY NOT NULL,
	`publisher` text NOT NULL,
	`claimed_at` integer NOT NULL,
	CONSTRAINT "deployment_one_row" CHECK("deployment"."id" = 1)
);
