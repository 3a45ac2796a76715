-- Written by database-5a62017.mjs.
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
INSERT INTO admin_action VALUES (1, 1780306867123, 'ada@example.com', 'experiment.create', 'experiment:plain', NULL, '{"key":"plain","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":1,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (2, 1780310467123, 'ada@example.com', 'experiment.launch', 'experiment:plain', '{"key":"plain","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":1,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', '{"key":"plain","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-01T10:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T10:41:07.123Z","reweightedAt":null,"version":2,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T10:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (3, 1780306867123, 'ada@example.com', 'experiment.create', 'experiment:reweighted', NULL, '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":1,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (4, 1780306867123, 'ada@example.com', 'experiment.launch', 'experiment:reweighted', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":1,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":null,"version":2,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (5, 1780738867123, 'ada@example.com', 'experiment.pause', 'experiment:reweighted', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":null,"version":2,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":null,"version":3,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-06T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (6, 1780738867124, 'ada@example.com', 'experiment.update', 'experiment:reweighted', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":null,"version":3,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-06T09:41:07.123Z"}', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":9}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-06T09:41:07.124Z","version":4,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-06T09:41:07.124Z"}', NULL);
INSERT INTO admin_action VALUES (7, 1780825267123, 'ada@example.com', 'experiment.launch', 'experiment:reweighted', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":9}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-06T09:41:07.124Z","version":4,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-06T09:41:07.124Z"}', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":9}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-06T09:41:07.124Z","version":5,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-07T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (8, 1780911667123, 'ada@example.com', 'experiment.pause', 'experiment:reweighted', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":9}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-06T09:41:07.124Z","version":5,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-07T09:41:07.123Z"}', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":9}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-06T09:41:07.124Z","version":6,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-08T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (9, 1780915267123, 'ada@example.com', 'experiment.launch', 'experiment:reweighted', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":9}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-06T09:41:07.124Z","version":6,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-08T09:41:07.123Z"}', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":9}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-06T09:41:07.124Z","version":7,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-08T10:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (10, 1780998067123, 'ada@example.com', 'experiment.pause', 'experiment:reweighted', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":9}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-06T09:41:07.124Z","version":7,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-08T10:41:07.123Z"}', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":9}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-06T09:41:07.124Z","version":8,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-09T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (11, 1780998067124, 'ada@example.com', 'experiment.update', 'experiment:reweighted', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":9}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-06T09:41:07.124Z","version":8,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-09T09:41:07.123Z"}', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1},{"name":"C","weight":1}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-09T09:41:07.124Z","version":9,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-09T09:41:07.124Z"}', NULL);
INSERT INTO admin_action VALUES (12, 1781084467123, 'ada@example.com', 'experiment.launch', 'experiment:reweighted', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1},{"name":"C","weight":1}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-09T09:41:07.124Z","version":9,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-09T09:41:07.124Z"}', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1},{"name":"C","weight":1}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-09T09:41:07.124Z","version":10,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-10T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (13, 1781602867123, 'ada@example.com', 'experiment.stop', 'experiment:reweighted', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1},{"name":"C","weight":1}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-09T09:41:07.124Z","version":10,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-10T09:41:07.123Z"}', '{"key":"reweighted","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1},{"name":"C","weight":1}],"startAt":"2026-06-01T09:41:07.123Z","stopAt":"2026-06-16T09:41:07.123Z","plan":null,"status":"STOPPED","launchedAt":"2026-06-01T09:41:07.123Z","reweightedAt":"2026-06-09T09:41:07.124Z","version":11,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-16T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (14, 1780306867123, 'ada@example.com', 'experiment.create', 'experiment:recreated', NULL, '{"key":"recreated","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":1,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (15, 1780306867124, 'ada@example.com', 'experiment.delete', 'experiment:recreated', '{"key":"recreated","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":1,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', NULL, NULL);
INSERT INTO admin_action VALUES (16, 1780306867125, 'ada@example.com', 'experiment.create', 'experiment:recreated', NULL, '{"key":"recreated","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":2,"createdAt":"2026-06-01T09:41:07.125Z","updatedAt":"2026-06-01T09:41:07.125Z"}', NULL);
INSERT INTO admin_action VALUES (17, 1780306867126, 'ada@example.com', 'experiment.launch', 'experiment:recreated', '{"key":"recreated","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":2,"createdAt":"2026-06-01T09:41:07.125Z","updatedAt":"2026-06-01T09:41:07.125Z"}', '{"key":"recreated","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-02T09:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.126Z","reweightedAt":null,"version":3,"createdAt":"2026-06-01T09:41:07.125Z","updatedAt":"2026-06-01T09:41:07.126Z"}', NULL);
INSERT INTO admin_action VALUES (18, 1781343667123, 'ada@example.com', 'experiment.pause', 'experiment:recreated', '{"key":"recreated","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-02T09:41:07.123Z","stopAt":null,"plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.126Z","reweightedAt":null,"version":3,"createdAt":"2026-06-01T09:41:07.125Z","updatedAt":"2026-06-01T09:41:07.126Z"}', '{"key":"recreated","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-02T09:41:07.123Z","stopAt":null,"plan":null,"status":"PAUSED","launchedAt":"2026-06-01T09:41:07.126Z","reweightedAt":null,"version":4,"createdAt":"2026-06-01T09:41:07.125Z","updatedAt":"2026-06-13T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (19, 1780306867123, 'ada@example.com', 'experiment.create', 'experiment:scheduled', NULL, '{"key":"scheduled","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":1,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (20, 1780306867133, 'ada@example.com', 'experiment.launch', 'experiment:scheduled', '{"key":"scheduled","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":1,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', '{"key":"scheduled","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-01T09:41:07.133Z","stopAt":"2026-06-05T09:41:07.123Z","plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.133Z","reweightedAt":null,"version":2,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.133Z"}', NULL);
INSERT INTO admin_action VALUES (21, 1780652467900, 'schedule', 'experiment.stop', 'experiment:scheduled', '{"key":"scheduled","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-01T09:41:07.133Z","stopAt":"2026-06-05T09:41:07.123Z","plan":null,"status":"RUNNING","launchedAt":"2026-06-01T09:41:07.133Z","reweightedAt":null,"version":2,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.133Z"}', '{"key":"scheduled","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":"2026-06-01T09:41:07.133Z","stopAt":"2026-06-05T09:41:07.123Z","plan":null,"status":"STOPPED","launchedAt":"2026-06-01T09:41:07.133Z","reweightedAt":null,"version":3,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-05T09:41:07.900Z"}', NULL);
INSERT INTO admin_action VALUES (22, 1780306867123, 'ada@example.com', 'experiment.create', 'experiment:draft', NULL, '{"key":"draft","description":null,"variants":[{"name":"A","weight":1},{"name":"B","weight":1}],"startAt":null,"stopAt":null,"plan":null,"status":"DRAFT","launchedAt":null,"reweightedAt":null,"version":1,"createdAt":"2026-06-01T09:41:07.123Z","updatedAt":"2026-06-01T09:41:07.123Z"}', NULL);
INSERT INTO admin_action VALUES (23, 1782121267123, 'ada@example.com', 'user.delete', 'user:hash of user-30', NULL, '{"assignments":3,"exposures":1,"events":3,"links":0}', NULL);
INSERT INTO admin_action VALUES (24, 1782121267123, 'ada@example.com', 'user.delete', 'user:hash of user-31', NULL, '{"assignments":2,"exposures":1,"events":1,"links":0}', NULL);
CREATE TABLE `api_key` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
, `last_used_at` integer, `settings` text);
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
CREATE TABLE `snapshot_state` (
	`id` integer PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "snapshot_state_one_row" CHECK("snapshot_state"."id" = 1)
);
INSERT INTO snapshot_state VALUES (1, 22, 1780306867123);
CREATE TABLE `event` (
	`user_id` text NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `id`)
);
INSERT INTO event VALUES ('user-10', 'was-0/0-0', 'event.viewed', 1781914640496);
INSERT INTO event VALUES ('user-10', 'was-0/0-1', 'booking.confirmed', 1781297310699);
INSERT INTO event VALUES ('user-10', 'was-0/0-2', 'booking.confirmed', 1781136647604);
INSERT INTO event VALUES ('user-11', 'was-1/1-0', 'booking.confirmed', 1782175673632);
INSERT INTO event VALUES ('user-12', 'was-2/2-0', 'event.viewed', 1781435318653);
INSERT INTO event VALUES ('user-12', 'was-2/2-1', 'event.viewed', 1780682535153);
INSERT INTO event VALUES ('user-12', 'was-2/2-2', 'event.viewed', 1781309010842);
INSERT INTO event VALUES ('user-13', 'was-3/3-0', 'event.viewed', 1781890935058);
INSERT INTO event VALUES ('user-14', 'was-4/4-0', 'booking.confirmed', 1781805249879);
INSERT INTO event VALUES ('user-5', '5-1', 'event.viewed', 1781294909632);
INSERT INTO event VALUES ('user-5', '5-2', 'booking.confirmed', 1781528721326);
INSERT INTO event VALUES ('user-6', '6-0', 'event.viewed', 1782343390609);
INSERT INTO event VALUES ('user-6', '6-1', 'event.viewed', 1780854951728);
INSERT INTO event VALUES ('user-6', '6-2', 'event.viewed', 1781294890574);
INSERT INTO event VALUES ('user-7', '7-0', 'event.viewed', 1781436479867);
INSERT INTO event VALUES ('user-7', '7-2', 'event.viewed', 1780957444577);
INSERT INTO event VALUES ('user-7', '7-3', 'event.viewed', 1781349439779);
INSERT INTO event VALUES ('user-7', '7-4', 'booking.confirmed', 1781112822473);
INSERT INTO event VALUES ('user-7', '7-5', 'event.viewed', 1782359697051);
INSERT INTO event VALUES ('user-7', '7-6', 'booking.confirmed', 1781723500115);
INSERT INTO event VALUES ('user-7', '7-7', 'event.viewed', 1780959931831);
INSERT INTO event VALUES ('user-8', '8-0', 'event.viewed', 1781906111823);
INSERT INTO event VALUES ('user-8', '8-2', 'booking.confirmed', 1781295956484);
INSERT INTO event VALUES ('user-8', '8-3', 'event.viewed', 1780671379346);
INSERT INTO event VALUES ('user-9', '9-0', 'booking.confirmed', 1782182292767);
INSERT INTO event VALUES ('user-9', '9-1', 'booking.confirmed', 1781770261471);
INSERT INTO event VALUES ('user-9', '9-2', 'event.viewed', 1781554307091);
INSERT INTO event VALUES ('user-9', '9-3', 'event.viewed', 1781069287540);
INSERT INTO event VALUES ('user-9', '9-4', 'event.viewed', 1780784056663);
INSERT INTO event VALUES ('user-9', '9-5', 'booking.confirmed', 1781087636561);
INSERT INTO event VALUES ('user-10', '10-0', 'booking.confirmed', 1781880083401);
INSERT INTO event VALUES ('user-10', '10-1', 'event.viewed', 1782107040173);
INSERT INTO event VALUES ('user-10', '10-2', 'event.viewed', 1782067166338);
INSERT INTO event VALUES ('user-10', '10-3', 'event.viewed', 1781660497982);
INSERT INTO event VALUES ('user-11', '11-1', 'booking.confirmed', 1780902476036);
INSERT INTO event VALUES ('user-11', '11-3', 'event.viewed', 1781446794394);
INSERT INTO event VALUES ('user-11', '11-4', 'booking.confirmed', 1781861416529);
INSERT INTO event VALUES ('user-11', '11-5', 'booking.confirmed', 1781940402445);
INSERT INTO event VALUES ('user-14', '14-0', 'event.viewed', 1780874251671);
INSERT INTO event VALUES ('user-15', '15-1', 'booking.confirmed', 1781563961588);
INSERT INTO event VALUES ('user-15', '15-2', 'booking.confirmed', 1781286336588);
INSERT INTO event VALUES ('user-15', '15-3', 'booking.confirmed', 1781642333122);
INSERT INTO event VALUES ('user-15', '15-5', 'event.viewed', 1780675375411);
INSERT INTO event VALUES ('user-15', '15-6', 'event.viewed', 1780645195113);
INSERT INTO event VALUES ('user-15', '15-7', 'booking.confirmed', 1782042236441);
INSERT INTO event VALUES ('user-16', '16-0', 'event.viewed', 1782199925582);
INSERT INTO event VALUES ('user-16', '16-1', 'event.viewed', 1782309849179);
INSERT INTO event VALUES ('user-18', '18-0', 'event.viewed', 1781053561410);
INSERT INTO event VALUES ('user-18', '18-2', 'event.viewed', 1781102491968);
INSERT INTO event VALUES ('user-18', '18-3', 'event.viewed', 1781123044518);
INSERT INTO event VALUES ('user-19', '19-0', 'event.viewed', 1780875078565);
INSERT INTO event VALUES ('user-19', '19-1', 'booking.confirmed', 1780829554285);
INSERT INTO event VALUES ('user-19', '19-2', 'event.viewed', 1782368283354);
INSERT INTO event VALUES ('user-19', '19-3', 'event.viewed', 1781517968569);
INSERT INTO event VALUES ('user-19', '19-4', 'booking.confirmed', 1780802100582);
INSERT INTO event VALUES ('user-19', '19-5', 'event.viewed', 1781200208270);
INSERT INTO event VALUES ('user-20', '20-0', 'booking.confirmed', 1781912692639);
INSERT INTO event VALUES ('user-20', '20-1', 'booking.confirmed', 1781395860181);
INSERT INTO event VALUES ('user-23', '23-0', 'booking.confirmed', 1781292433161);
INSERT INTO event VALUES ('user-24', '24-0', 'booking.confirmed', 1781278108201);
INSERT INTO event VALUES ('user-24', '24-2', 'booking.confirmed', 1781572053894);
INSERT INTO event VALUES ('user-27', '27-0', 'event.viewed', 1781753206705);
INSERT INTO event VALUES ('user-28', '28-1', 'booking.confirmed', 1781912471797);
INSERT INTO event VALUES ('user-28', '28-2', 'booking.confirmed', 1782268211507);
INSERT INTO event VALUES ('user-29', '29-0', 'booking.confirmed', 1781028933138);
INSERT INTO event VALUES ('user-29', '29-1', 'booking.confirmed', 1782013726689);
INSERT INTO event VALUES ('user-32', '32-0', 'event.viewed', 1781908395648);
INSERT INTO event VALUES ('user-33', '33-0', 'booking.confirmed', 1781399534011);
INSERT INTO event VALUES ('user-33', '33-1', 'event.viewed', 1781882401459);
INSERT INTO event VALUES ('user-33', '33-2', 'event.viewed', 1782217553362);
INSERT INTO event VALUES ('user-34', '34-0', 'event.viewed', 1780845941321);
INSERT INTO event VALUES ('user-35', '35-0', 'event.viewed', 1782160474164);
INSERT INTO event VALUES ('user-36', '36-0', 'booking.confirmed', 1780879390791);
INSERT INTO event VALUES ('user-39', '39-0', 'event.viewed', 1781541719489);
INSERT INTO event VALUES ('user-39', '39-1', 'event.viewed', 1782315582101);
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
INSERT INTO experiment VALUES ('plain', NULL, '[{"name":"A","weight":1},{"name":"B","weight":1}]', 'RUNNING', 1780310467123, NULL, NULL, 1780310467123, NULL, 2, 1780306867123, 1780310467123);
INSERT INTO experiment VALUES ('reweighted', NULL, '[{"name":"A","weight":1},{"name":"B","weight":1},{"name":"C","weight":1}]', 'STOPPED', 1780306867123, 1781602867123, NULL, 1780306867123, 1780998067124, 11, 1780306867123, 1781602867123);
INSERT INTO experiment VALUES ('recreated', NULL, '[{"name":"A","weight":1},{"name":"B","weight":1}]', 'PAUSED', 1780393267123, NULL, NULL, 1780306867126, NULL, 4, 1780306867125, 1781343667123);
INSERT INTO experiment VALUES ('scheduled', NULL, '[{"name":"A","weight":1},{"name":"B","weight":1}]', 'STOPPED', 1780306867133, 1780652467123, NULL, 1780306867133, NULL, 3, 1780306867123, 1780652467900);
INSERT INTO experiment VALUES ('draft', NULL, '[{"name":"A","weight":1},{"name":"B","weight":1}]', 'DRAFT', NULL, NULL, NULL, NULL, NULL, 1, 1780306867123, 1780306867123);
INSERT INTO experiment VALUES ('by-hand', NULL, '[{"name":"A","weight":2},{"name":"B","weight":1}]', 'RUNNING', 1780306867123, NULL, NULL, 1780306867123, NULL, 1, 1780306867123, 1780306867123);
INSERT INTO experiment VALUES ('by-hand-reweighted', NULL, '[{"name":"A","weight":2},{"name":"B","weight":1}]', 'RUNNING', 1780306867123, NULL, NULL, 1780306867123, 1780825267123, 1, 1780306867123, 1780306867123);
CREATE TABLE `experiment_assignment` (
	`experiment_key` text NOT NULL,
	`user_id` text NOT NULL,
	`variant` text NOT NULL,
	`assigned_at` integer NOT NULL,
	`exposures` integer DEFAULT 0 NOT NULL,
	`first_exposed_at` integer,
	`converted` integer DEFAULT 0 NOT NULL,
	`clicks` integer DEFAULT 0 NOT NULL, `conflict` text,
	PRIMARY KEY(`experiment_key`, `user_id`)
);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-5', 'B', 1780428951649, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-5', 'B', 1781013398503, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-5', 'B', 1780934535785, 2, 1780938287952, 1, 1, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-5', 'A', 1781089999675, 4, 1781102098003, 1, 1, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-5', 'B', 1781174025304, 1, 1781287160955, 1, 1, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-6', 'A', 1780940742116, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-6', 'A', 1780739868575, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-6', 'A', 1780655898951, 2, 1780701006398, 0, 3, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-6', 'A', 1780873345630, 5, 1780993327359, 0, 2, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-7', 'A', 1781337885857, 5, 1781361069588, 1, 2, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-7', 'A', 1781254469695, 1, 1781311120236, 1, 3, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-8', 'A', 1780371951782, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-9', 'B', 1780416011292, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-9', 'A', 1781223922679, 6, 1781265649059, 1, 1, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-9', 'A', 1781407508730, 1, 1781591125648, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-9', 'B', 1781062857907, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-9', 'A', 1781016542373, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-10', 'B', 1780391056549, 0, NULL, 0, 0, 'A');
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-10', 'A', 1780941256143, 3, 1780510558133, 0, 4, 'B');
INSERT INTO experiment_assignment VALUES ('plain', 'user-11', 'A', 1781384116724, 1, 1781551014538, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-11', 'B', 1780695705295, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-11', 'B', 1781021056845, 2, 1780555146208, 1, 1, 'A');
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-11', 'B', 1780468337349, 2, 1780442054620, 1, 1, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-12', 'A', 1780520465842, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-12', 'A', 1780536830027, 0, NULL, 0, 0, 'B');
INSERT INTO experiment_assignment VALUES ('recreated', 'user-12', 'A', 1780312962663, 2, 1780345873167, 0, 3, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-12', 'A', 1780864054865, 10, 1780865162477, 0, 2, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-12', 'B', 1781190745186, 1, 1781206182790, 0, 2, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-13', 'A', 1780588951755, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-13', 'A', 1780821212688, 0, NULL, 0, 0, 'B');
INSERT INTO experiment_assignment VALUES ('recreated', 'user-13', 'B', 1780378948278, 1, 1780521671177, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-13', 'A', 1781259227548, 5, 1780465772493, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-13', 'B', 1781378329279, 1, 1781400828038, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-13', 'B', 1781120660120, 3, 1780811073844, 0, 1, 'A');
INSERT INTO experiment_assignment VALUES ('plain', 'user-14', 'B', 1780473380851, 1, 1780719696283, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-14', 'B', 1781419067997, 2, 1781438796629, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-14', 'A', 1780624937965, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-14', 'A', 1780617763616, 2, 1780643043856, 0, 1, 'B');
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-14', 'A', 1780736770278, 1, 1780898893421, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-14', 'A', 1781516619981, 4, 1781615233451, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-15', 'B', 1780730744803, 2, 1780964671990, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-15', 'A', 1781275475452, 1, 1781497203855, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-15', 'B', 1780455463803, 1, 1780511817022, 0, 2, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-16', 'B', 1780853972272, 2, 1780875794854, 0, 2, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-16', 'B', 1780495112775, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-16', 'B', 1780370337519, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-16', 'B', 1780682443949, 2, 1780723000560, 0, 2, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-17', 'B', 1780502190988, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-17', 'B', 1780384036797, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-17', 'B', 1781129434005, 3, 1781218862303, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-17', 'B', 1780927533509, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-17', 'B', 1781179099036, 1, 1781289372110, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-18', 'A', 1780690804666, 2, 1780707883037, 0, 3, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-19', 'A', 1781468806800, 2, 1781533174685, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-19', 'B', 1781014352886, 2, 1781052629280, 0, 3, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-20', 'B', 1780860483567, 2, 1780982204057, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-20', 'B', 1780408790505, 2, 1780450338171, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-20', 'A', 1781344504642, 5, 1781370580595, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-21', 'B', 1780918159714, 3, 1780961906615, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-21', 'A', 1780995731000, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-21', 'B', 1781085409747, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-21', 'B', 1781261770839, 1, 1781443226616, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-22', 'B', 1780820466266, 1, 1780984803490, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-22', 'B', 1781190291374, 1, 1781370885099, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-22', 'B', 1780601742294, 2, 1780841883167, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-22', 'A', 1780463595868, 1, 1780707010150, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-22', 'A', 1780495756093, 6, 1780506093189, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-23', 'B', 1780515764166, 1, 1780533668375, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-23', 'B', 1781415296280, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-24', 'B', 1780398492728, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-24', 'A', 1781239606449, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-24', 'B', 1780631783137, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-24', 'A', 1780391882880, 1, 1780396608742, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-25', 'A', 1780499910927, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-25', 'A', 1780593010711, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-25', 'A', 1780813865967, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-26', 'A', 1781391271029, 2, 1781411800749, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-26', 'B', 1780613972028, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-27', 'B', 1781270765713, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-27', 'A', 1781146395490, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-27', 'B', 1780657098714, 6, 1780676728768, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-28', 'A', 1780538816213, 3, 1780657953003, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-29', 'A', 1781034868811, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-29', 'B', 1780554906151, 2, 1780556448889, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-29', 'B', 1781315519023, 8, 1781450987087, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-29', 'A', 1780468476403, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-29', 'B', 1780680788601, 6, 1780714854621, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-29', 'A', 1780749366023, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-32', 'A', 1780892298080, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-32', 'A', 1780960359570, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-32', 'A', 1780805891466, 6, 1780815309068, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-33', 'A', 1781510653998, 2, 1781564335346, 0, 2, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-33', 'A', 1780756061561, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-33', 'B', 1781122172090, 2, 1781211592855, 1, 2, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-33', 'B', 1781478250071, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-33', 'B', 1780915024312, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-33', 'B', 1781395661305, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-34', 'A', 1781107987267, 2, 1781157911842, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-34', 'A', 1781020744677, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-35', 'A', 1780342938414, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-35', 'B', 1780593867810, 7, 1780621537083, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-35', 'B', 1780941326679, 3, 1781062996564, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-35', 'A', 1780680217225, 1, 1780869411011, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-35', 'A', 1781401297217, 2, 1781430063608, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-35', 'A', 1780406933718, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-36', 'B', 1781406568334, 2, 1781518758943, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-36', 'B', 1780634999929, 2, 1780665972714, 1, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-37', 'A', 1780457786982, 1, 1780582348390, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-37', 'A', 1780666869745, 1, 1780839227986, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-37', 'B', 1780330589144, 3, 1780360422634, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-37', 'B', 1780511487161, 1, 1780584414682, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-38', 'B', 1781493110637, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('recreated', 'user-38', 'B', 1780482508406, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-38', 'A', 1780760728333, 1, 1780792983383, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-39', 'B', 1780855551308, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-39', 'A', 1781440232002, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand-reweighted', 'user-39', 'B', 1781511260296, 4, 1781678336107, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('plain', 'user-10', 'B', 1782034867123, 3, 1780875888522, 1, 4, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-10', 'B', 1782034867123, 2, 1780428301541, 0, 4, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-10', 'B', 1782034867123, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-10', 'A', 1782034867123, 0, NULL, 0, 0, NULL);
INSERT INTO experiment_assignment VALUES ('reweighted', 'user-11', 'A', 1782034867123, 4, 1780800443349, 1, 1, NULL);
INSERT INTO experiment_assignment VALUES ('scheduled', 'user-11', 'B', 1782034867123, 3, 1781071246289, 0, 1, NULL);
INSERT INTO experiment_assignment VALUES ('by-hand', 'user-12', 'B', 1782034867123, 0, NULL, 0, 0, NULL);
CREATE TABLE `experiment_exposure` (
	`user_id` text NOT NULL,
	`id` text NOT NULL,
	`experiment_key` text NOT NULL,
	`variant` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `experiment_key`, `id`)
);
INSERT INTO experiment_exposure VALUES ('user-10', 'was-0/0', 'plain', 'B', 1780875888522);
INSERT INTO experiment_exposure VALUES ('user-10', 'was-0/1', 'plain', 'B', 1780999762254);
INSERT INTO experiment_exposure VALUES ('user-10', 'was-0/2', 'plain', 'B', 1781067927898);
INSERT INTO experiment_exposure VALUES ('user-11', 'was-1/0', 'reweighted', 'A', 1780800443349);
INSERT INTO experiment_exposure VALUES ('user-11', 'was-1/1', 'reweighted', 'A', 1780923999479);
INSERT INTO experiment_exposure VALUES ('user-11', 'was-1/2', 'reweighted', 'A', 1780890808780);
INSERT INTO experiment_exposure VALUES ('user-11', 'was-1/3', 'reweighted', 'A', 1780886545115);
INSERT INTO experiment_exposure VALUES ('user-11', 'was-1/0', 'scheduled', 'B', 1781152468622);
INSERT INTO experiment_exposure VALUES ('user-11', 'was-1/1', 'scheduled', 'B', 1781071246289);
INSERT INTO experiment_exposure VALUES ('user-11', 'was-1/2', 'scheduled', 'B', 1781166014291);
INSERT INTO experiment_exposure VALUES ('user-12', 'was-2/0', 'scheduled', 'A', 1781079628396);
INSERT INTO experiment_exposure VALUES ('user-12', 'was-2/1', 'scheduled', 'A', 1781204022699);
INSERT INTO experiment_exposure VALUES ('user-13', 'was-3/0', 'by-hand-reweighted', 'A', 1780811073844);
INSERT INTO experiment_exposure VALUES ('user-14', 'was-4/0', 'plain', 'B', 1780719696283);
INSERT INTO experiment_exposure VALUES ('user-14', 'was-4/0', 'scheduled', 'B', 1781008791456);
INSERT INTO experiment_exposure VALUES ('user-5', '0', 'scheduled', 'B', 1780938287952);
INSERT INTO experiment_exposure VALUES ('user-5', '1', 'scheduled', 'B', 1780946984751);
INSERT INTO experiment_exposure VALUES ('user-5', '0', 'by-hand', 'A', 1781168496423);
INSERT INTO experiment_exposure VALUES ('user-5', '1', 'by-hand', 'A', 1781102098003);
INSERT INTO experiment_exposure VALUES ('user-5', '2', 'by-hand', 'A', 1781328538498);
INSERT INTO experiment_exposure VALUES ('user-5', '3', 'by-hand', 'A', 1781276984709);
INSERT INTO experiment_exposure VALUES ('user-5', '0', 'by-hand-reweighted', 'B', 1781287160955);
INSERT INTO experiment_exposure VALUES ('user-6', '0', 'scheduled', 'A', 1780701006398);
INSERT INTO experiment_exposure VALUES ('user-6', '1', 'scheduled', 'A', 1780910384301);
INSERT INTO experiment_exposure VALUES ('user-6', '0', 'by-hand', 'A', 1780993327359);
INSERT INTO experiment_exposure VALUES ('user-6', '1', 'by-hand', 'A', 1781028674253);
INSERT INTO experiment_exposure VALUES ('user-6', '2', 'by-hand', 'A', 1781012686764);
INSERT INTO experiment_exposure VALUES ('user-6', '3', 'by-hand', 'A', 1780993484201);
INSERT INTO experiment_exposure VALUES ('user-6', '4', 'by-hand', 'A', 1781085137788);
INSERT INTO experiment_exposure VALUES ('user-7', '0', 'plain', 'A', 1781365081639);
INSERT INTO experiment_exposure VALUES ('user-7', '1', 'plain', 'A', 1781504597891);
INSERT INTO experiment_exposure VALUES ('user-7', '2', 'plain', 'A', 1781379880806);
INSERT INTO experiment_exposure VALUES ('user-7', '3', 'plain', 'A', 1781361069588);
INSERT INTO experiment_exposure VALUES ('user-7', '4', 'plain', 'A', 1781535299428);
INSERT INTO experiment_exposure VALUES ('user-7', '0', 'by-hand-reweighted', 'A', 1781311120236);
INSERT INTO experiment_exposure VALUES ('user-9', '0', 'recreated', 'A', 1781265649059);
INSERT INTO experiment_exposure VALUES ('user-9', '1', 'recreated', 'A', 1781396104011);
INSERT INTO experiment_exposure VALUES ('user-9', '2', 'recreated', 'A', 1781302049255);
INSERT INTO experiment_exposure VALUES ('user-9', '3', 'recreated', 'A', 1781413568815);
INSERT INTO experiment_exposure VALUES ('user-9', '4', 'recreated', 'A', 1781423747095);
INSERT INTO experiment_exposure VALUES ('user-9', '5', 'recreated', 'A', 1781271220704);
INSERT INTO experiment_exposure VALUES ('user-9', '0', 'scheduled', 'A', 1781591125648);
INSERT INTO experiment_exposure VALUES ('user-10', '0', 'by-hand-reweighted', 'A', 1781185915131);
INSERT INTO experiment_exposure VALUES ('user-10', '1', 'by-hand-reweighted', 'A', 1780978984052);
INSERT INTO experiment_exposure VALUES ('user-11', '0', 'plain', 'A', 1781551014538);
INSERT INTO experiment_exposure VALUES ('user-11', '0', 'by-hand', 'B', 1781059881859);
INSERT INTO experiment_exposure VALUES ('user-11', '0', 'by-hand-reweighted', 'B', 1780716576241);
INSERT INTO experiment_exposure VALUES ('user-12', '0', 'scheduled', 'A', 1780981347831);
INSERT INTO experiment_exposure VALUES ('user-12', '1', 'scheduled', 'A', 1780880048374);
INSERT INTO experiment_exposure VALUES ('user-12', '2', 'scheduled', 'A', 1780989049229);
INSERT INTO experiment_exposure VALUES ('user-12', '3', 'scheduled', 'A', 1781073818538);
INSERT INTO experiment_exposure VALUES ('user-12', '4', 'scheduled', 'A', 1781081658957);
INSERT INTO experiment_exposure VALUES ('user-12', '5', 'scheduled', 'A', 1780865162477);
INSERT INTO experiment_exposure VALUES ('user-12', '6', 'scheduled', 'A', 1780884640643);
INSERT INTO experiment_exposure VALUES ('user-12', '7', 'scheduled', 'A', 1780882981500);
INSERT INTO experiment_exposure VALUES ('user-12', '0', 'by-hand-reweighted', 'B', 1781206182790);
INSERT INTO experiment_exposure VALUES ('user-13', '0', 'scheduled', 'A', 1781296788567);
INSERT INTO experiment_exposure VALUES ('user-13', '1', 'scheduled', 'A', 1781399410385);
INSERT INTO experiment_exposure VALUES ('user-13', '0', 'by-hand', 'B', 1781400828038);
INSERT INTO experiment_exposure VALUES ('user-13', '0', 'by-hand-reweighted', 'B', 1781310532945);
INSERT INTO experiment_exposure VALUES ('user-13', '1', 'by-hand-reweighted', 'B', 1781321178832);
INSERT INTO experiment_exposure VALUES ('user-14', '0', 'reweighted', 'B', 1781619717314);
INSERT INTO experiment_exposure VALUES ('user-14', '1', 'reweighted', 'B', 1781438796629);
INSERT INTO experiment_exposure VALUES ('user-14', '0', 'scheduled', 'A', 1780643043856);
INSERT INTO experiment_exposure VALUES ('user-14', '0', 'by-hand', 'A', 1780898893421);
INSERT INTO experiment_exposure VALUES ('user-14', '0', 'by-hand-reweighted', 'A', 1781694449086);
INSERT INTO experiment_exposure VALUES ('user-14', '1', 'by-hand-reweighted', 'A', 1781751261055);
INSERT INTO experiment_exposure VALUES ('user-14', '2', 'by-hand-reweighted', 'A', 1781615233451);
INSERT INTO experiment_exposure VALUES ('user-14', '3', 'by-hand-reweighted', 'A', 1781647135773);
INSERT INTO experiment_exposure VALUES ('user-15', '0', 'reweighted', 'B', 1780984628399);
INSERT INTO experiment_exposure VALUES ('user-15', '1', 'reweighted', 'B', 1780964671990);
INSERT INTO experiment_exposure VALUES ('user-15', '0', 'recreated', 'A', 1781497203855);
INSERT INTO experiment_exposure VALUES ('user-16', '0', 'plain', 'B', 1780875794854);
INSERT INTO experiment_exposure VALUES ('user-16', '1', 'plain', 'B', 1781078660398);
INSERT INTO experiment_exposure VALUES ('user-16', '0', 'by-hand-reweighted', 'B', 1780723000560);
INSERT INTO experiment_exposure VALUES ('user-16', '1', 'by-hand-reweighted', 'B', 1780765035304);
INSERT INTO experiment_exposure VALUES ('user-17', '0', 'recreated', 'B', 1781218862303);
INSERT INTO experiment_exposure VALUES ('user-17', '1', 'recreated', 'B', 1781266267301);
INSERT INTO experiment_exposure VALUES ('user-17', '2', 'recreated', 'B', 1781257591498);
INSERT INTO experiment_exposure VALUES ('user-17', '0', 'by-hand-reweighted', 'B', 1781289372110);
INSERT INTO experiment_exposure VALUES ('user-18', '0', 'recreated', 'A', 1780707883037);
INSERT INTO experiment_exposure VALUES ('user-18', '1', 'recreated', 'A', 1780769971635);
INSERT INTO experiment_exposure VALUES ('user-19', '0', 'scheduled', 'A', 1781662981763);
INSERT INTO experiment_exposure VALUES ('user-19', '1', 'scheduled', 'A', 1781533174685);
INSERT INTO experiment_exposure VALUES ('user-19', '0', 'by-hand', 'B', 1781093668412);
INSERT INTO experiment_exposure VALUES ('user-19', '1', 'by-hand', 'B', 1781052629280);
INSERT INTO experiment_exposure VALUES ('user-20', '0', 'recreated', 'B', 1780982204057);
INSERT INTO experiment_exposure VALUES ('user-20', '1', 'recreated', 'B', 1781110658309);
INSERT INTO experiment_exposure VALUES ('user-20', '0', 'by-hand', 'A', 1781375501853);
INSERT INTO experiment_exposure VALUES ('user-20', '1', 'by-hand', 'A', 1781378675999);
INSERT INTO experiment_exposure VALUES ('user-20', '2', 'by-hand', 'A', 1781370580595);
INSERT INTO experiment_exposure VALUES ('user-20', '3', 'by-hand', 'A', 1781521010274);
INSERT INTO experiment_exposure VALUES ('user-20', '4', 'by-hand', 'A', 1781527076897);
INSERT INTO experiment_exposure VALUES ('user-21', '0', 'plain', 'B', 1780961906615);
INSERT INTO experiment_exposure VALUES ('user-21', '1', 'plain', 'B', 1780994587563);
INSERT INTO experiment_exposure VALUES ('user-21', '2', 'plain', 'B', 1781104261549);
INSERT INTO experiment_exposure VALUES ('user-21', '0', 'by-hand', 'B', 1781443226616);
INSERT INTO experiment_exposure VALUES ('user-22', '0', 'plain', 'B', 1780984803490);
INSERT INTO experiment_exposure VALUES ('user-22', '0', 'reweighted', 'B', 1781370885099);
INSERT INTO experiment_exposure VALUES ('user-22', '0', 'recreated', 'B', 1780841883167);
INSERT INTO experiment_exposure VALUES ('user-22', '1', 'recreated', 'B', 1780858795441);
INSERT INTO experiment_exposure VALUES ('user-22', '0', 'scheduled', 'A', 1780707010150);
INSERT INTO experiment_exposure VALUES ('user-22', '0', 'by-hand-reweighted', 'A', 1780659020784);
INSERT INTO experiment_exposure VALUES ('user-22', '1', 'by-hand-reweighted', 'A', 1780676298062);
INSERT INTO experiment_exposure VALUES ('user-22', '2', 'by-hand-reweighted', 'A', 1780591729774);
INSERT INTO experiment_exposure VALUES ('user-22', '4', 'by-hand-reweighted', 'A', 1780716543800);
INSERT INTO experiment_exposure VALUES ('user-26', '0', 'plain', 'A', 1781411800749);
INSERT INTO experiment_exposure VALUES ('user-26', '1', 'plain', 'A', 1781547390812);
INSERT INTO experiment_exposure VALUES ('user-27', '0', 'scheduled', 'B', 1780885423010);
INSERT INTO experiment_exposure VALUES ('user-27', '1', 'scheduled', 'B', 1780795658761);
INSERT INTO experiment_exposure VALUES ('user-27', '2', 'scheduled', 'B', 1780678104669);
INSERT INTO experiment_exposure VALUES ('user-27', '3', 'scheduled', 'B', 1780676728768);
INSERT INTO experiment_exposure VALUES ('user-27', '4', 'scheduled', 'B', 1780908663656);
INSERT INTO experiment_exposure VALUES ('user-27', '5', 'scheduled', 'B', 1780699187582);
INSERT INTO experiment_exposure VALUES ('user-28', '0', 'by-hand-reweighted', 'A', 1780657953003);
INSERT INTO experiment_exposure VALUES ('user-28', '1', 'by-hand-reweighted', 'A', 1780781104830);
INSERT INTO experiment_exposure VALUES ('user-28', '2', 'by-hand-reweighted', 'A', 1780795782187);
INSERT INTO experiment_exposure VALUES ('user-29', '1', 'reweighted', 'B', 1780579801210);
INSERT INTO experiment_exposure VALUES ('user-29', '0', 'recreated', 'B', 1781486426984);
INSERT INTO experiment_exposure VALUES ('user-29', '1', 'recreated', 'B', 1781468827235);
INSERT INTO experiment_exposure VALUES ('user-29', '2', 'recreated', 'B', 1781493876884);
INSERT INTO experiment_exposure VALUES ('user-29', '3', 'recreated', 'B', 1781531128336);
INSERT INTO experiment_exposure VALUES ('user-29', '4', 'recreated', 'B', 1781564061992);
INSERT INTO experiment_exposure VALUES ('user-29', '5', 'recreated', 'B', 1781462472577);
INSERT INTO experiment_exposure VALUES ('user-29', '6', 'recreated', 'B', 1781532261831);
INSERT INTO experiment_exposure VALUES ('user-29', '7', 'recreated', 'B', 1781450987087);
INSERT INTO experiment_exposure VALUES ('user-29', '0', 'by-hand', 'B', 1780767413152);
INSERT INTO experiment_exposure VALUES ('user-29', '1', 'by-hand', 'B', 1780714854621);
INSERT INTO experiment_exposure VALUES ('user-29', '2', 'by-hand', 'B', 1780912052020);
INSERT INTO experiment_exposure VALUES ('user-29', '3', 'by-hand', 'B', 1780930516396);
INSERT INTO experiment_exposure VALUES ('user-29', '4', 'by-hand', 'B', 1780823587112);
INSERT INTO experiment_exposure VALUES ('user-29', '5', 'by-hand', 'B', 1780915532931);
INSERT INTO experiment_exposure VALUES ('user-32', '0', 'scheduled', 'A', 1780893286482);
INSERT INTO experiment_exposure VALUES ('user-32', '1', 'scheduled', 'A', 1781042434962);
INSERT INTO experiment_exposure VALUES ('user-32', '2', 'scheduled', 'A', 1780930510677);
INSERT INTO experiment_exposure VALUES ('user-32', '3', 'scheduled', 'A', 1780835811152);
INSERT INTO experiment_exposure VALUES ('user-32', '4', 'scheduled', 'A', 1780924363548);
INSERT INTO experiment_exposure VALUES ('user-32', '5', 'scheduled', 'A', 1780815309068);
INSERT INTO experiment_exposure VALUES ('user-33', '0', 'plain', 'A', 1781595875280);
INSERT INTO experiment_exposure VALUES ('user-33', '1', 'plain', 'A', 1781564335346);
INSERT INTO experiment_exposure VALUES ('user-33', '0', 'recreated', 'B', 1781278865208);
INSERT INTO experiment_exposure VALUES ('user-33', '1', 'recreated', 'B', 1781211592855);
INSERT INTO experiment_exposure VALUES ('user-34', '0', 'reweighted', 'A', 1781157911842);
INSERT INTO experiment_exposure VALUES ('user-34', '1', 'reweighted', 'A', 1781352102791);
INSERT INTO experiment_exposure VALUES ('user-35', '0', 'reweighted', 'B', 1780685430525);
INSERT INTO experiment_exposure VALUES ('user-35', '1', 'reweighted', 'B', 1780624431522);
INSERT INTO experiment_exposure VALUES ('user-35', '2', 'reweighted', 'B', 1780621537083);
INSERT INTO experiment_exposure VALUES ('user-35', '3', 'reweighted', 'B', 1780833407528);
INSERT INTO experiment_exposure VALUES ('user-35', '4', 'reweighted', 'B', 1780637018885);
INSERT INTO experiment_exposure VALUES ('user-35', '5', 'reweighted', 'B', 1780762524130);
INSERT INTO experiment_exposure VALUES ('user-35', '6', 'reweighted', 'B', 1780712547650);
INSERT INTO experiment_exposure VALUES ('user-35', '0', 'recreated', 'B', 1781062996564);
INSERT INTO experiment_exposure VALUES ('user-35', '1', 'recreated', 'B', 1781158395467);
INSERT INTO experiment_exposure VALUES ('user-35', '2', 'recreated', 'B', 1781074942636);
INSERT INTO experiment_exposure VALUES ('user-35', '0', 'scheduled', 'A', 1780869411011);
INSERT INTO experiment_exposure VALUES ('user-35', '0', 'by-hand', 'A', 1781430063608);
INSERT INTO experiment_exposure VALUES ('user-35', '1', 'by-hand', 'A', 1781569413007);
INSERT INTO experiment_exposure VALUES ('user-36', '0', 'plain', 'B', 1781621848002);
INSERT INTO experiment_exposure VALUES ('user-36', '1', 'plain', 'B', 1781518758943);
INSERT INTO experiment_exposure VALUES ('user-36', '0', 'reweighted', 'B', 1780665972714);
INSERT INTO experiment_exposure VALUES ('user-36', '1', 'reweighted', 'B', 1780881360220);
INSERT INTO experiment_exposure VALUES ('user-37', '0', 'recreated', 'A', 1780582348390);
INSERT INTO experiment_exposure VALUES ('user-37', '0', 'scheduled', 'A', 1780839227986);
INSERT INTO experiment_exposure VALUES ('user-37', '0', 'by-hand-reweighted', 'B', 1780584414682);
INSERT INTO experiment_exposure VALUES ('user-38', '0', 'by-hand-reweighted', 'A', 1780792983383);
INSERT INTO experiment_exposure VALUES ('user-39', '0', 'by-hand-reweighted', 'B', 1781747985600);
INSERT INTO experiment_exposure VALUES ('user-39', '1', 'by-hand-reweighted', 'B', 1781732669852);
INSERT INTO experiment_exposure VALUES ('user-39', '2', 'by-hand-reweighted', 'B', 1781678336107);
INSERT INTO experiment_exposure VALUES ('user-39', '3', 'by-hand-reweighted', 'B', 1781724969372);
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
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494551, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494687, 0, 2, 2, 1, 6);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494722, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494741, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494563, 1, 1, 1, 0, 4);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494582, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494586, 1, 1, 1, 0, 2);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494666, 0, 1, 1, 1, 1);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494701, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494691, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494690, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494764, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494742, 0, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494768, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494567, 0, 1, 1, 1, 1);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494744, 0, 2, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494778, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494573, 1, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494598, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494584, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494644, 0, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494725, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494704, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494747, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494770, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494705, 0, 1, 1, 1, 1);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494707, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494769, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494750, 0, 1, 1, 1, 1);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494813, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494799, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494801, 0, 1, 1, 1, 1);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494705, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494649, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494626, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494687, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494639, 0, 1, 1, 0, 3);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494697, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494720, 0, 2, 1, 0, 2);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494730, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494725, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494745, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494816, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494792, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494823, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494862, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494827, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494822, 0, 1, 1, 1, 2);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494870, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494808, 0, 1, 1, 1, 3);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494547, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494560, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494784, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494835, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494739, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494726, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494796, 0, 1, 1, 1, 1);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494832, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494806, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494837, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494839, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494797, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494886, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494828, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494637, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494574, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494875, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494643, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494589, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494531, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494684, 1, 1, 1, 0, 2);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494775, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494557, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494540, 0, 1, 1, 0, 3);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494717, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494688, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494719, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494742, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494690, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494689, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494779, 0, 1, 1, 0, 2);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494608, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494549, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494794, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494827, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494589, 0, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494804, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494833, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494833, 0, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494575, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494838, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494618, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494649, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494865, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494894, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494844, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494694, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494915, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494930, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494893, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494901, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494647, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494798, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494570, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494717, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494712, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494860, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494681, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494581, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494547, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494634, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494744, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494645, 0, 1, 1, 0, 2);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494656, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494583, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494758, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494702, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494771, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494783, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494796, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494793, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494802, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494636, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494641, 0, 1, 1, 0, 3);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494658, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494852, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494726, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494906, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494870, 0, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494748, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494736, 0, 1, 1, 0, 3);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494683, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494557, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494817, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494717, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494752, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494569, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494593, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494826, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494827, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494825, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494866, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494868, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494699, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494721, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494745, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494794, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494711, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494720, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494751, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494845, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494672, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494775, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494611, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494582, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494718, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494825, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494678, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494682, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494640, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494627, 0, 2, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494632, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494608, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494593, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494643, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494585, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494587, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494837, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494592, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494555, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494788, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494619, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494553, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494554, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494583, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494609, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494670, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494830, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494614, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494836, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494874, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494797, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494762, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494626, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494690, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494665, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494632, 0, 2, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494696, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494638, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494594, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494661, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494665, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494731, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494598, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494809, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494574, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494633, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494652, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494599, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494605, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494857, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494852, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494859, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494869, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494878, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494850, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494870, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494847, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494657, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494643, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494697, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494702, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494673, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494698, 1, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494692, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494711, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494668, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494692, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494734, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494702, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494676, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494701, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494670, 0, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494864, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494654, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494756, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 494855, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494832, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494887, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494878, 0, 1, 1, 0, 2);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494799, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494780, 0, 1, 1, 1, 2);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494752, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494727, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494766, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 494820, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'A', 494539, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494609, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494705, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494633, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494833, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494557, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494634, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494617, 0, 2, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494675, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494621, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494656, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494642, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494739, 0, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494766, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494743, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494685, 0, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494841, 0, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 494880, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494835, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494620, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494894, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494866, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494629, 0, 1, 1, 1, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 494689, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494571, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494629, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494536, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'A', 494606, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494677, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494544, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494601, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 494581, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494606, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494859, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('recreated', 'B', 494578, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494655, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'A', 494664, 0, 1, 1, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 494682, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'A', 494844, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494864, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494929, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494925, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494910, 0, 1, 1, 0, 1);
INSERT INTO experiment_rollup VALUES ('by-hand-reweighted', 'B', 494923, 0, 1, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('plain', 'B', 495009, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'B', 495009, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('scheduled', 'B', 495009, 2, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'A', 495009, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('reweighted', 'A', 495009, 1, 0, 0, 0, 0);
INSERT INTO experiment_rollup VALUES ('by-hand', 'B', 495009, 1, 0, 0, 0, 0);
CREATE TABLE `session` (
	`hash` text PRIMARY KEY NOT NULL,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
CREATE TABLE `member` (
	`email` text PRIMARY KEY NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
CREATE TABLE `experiment_inheritance` (
	`experiment_key` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
CREATE TABLE `break_glass` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
CREATE INDEX `admin_action_target` ON `admin_action` (`target`,`id`);
CREATE INDEX `admin_action_actor` ON `admin_action` (`actor`,`id`);
CREATE UNIQUE INDEX `api_key_name_unique` ON `api_key` (`name`);
CREATE UNIQUE INDEX `api_key_hash_unique` ON `api_key` (`hash`);
CREATE INDEX `event_user` ON `event` (`user_id`,`type`,`at`);
CREATE INDEX `experiment_assignment_user` ON `experiment_assignment` (`user_id`);
CREATE INDEX `session_expires_at` ON `session` (`expires_at`);
CREATE INDEX `event_at` ON `event` (`at`);
CREATE INDEX `experiment_exposure_at` ON `experiment_exposure` (`at`);
CREATE INDEX `experiment_assignment_conflict` ON `experiment_assignment` (`experiment_key`,`assigned_at`) WHERE "experiment_assignment"."conflict" IS NOT NULL;
CREATE VIEW `assigned_variant` AS SELECT experiment_key, variant FROM experiment_rollup WHERE assignments > 0
    UNION SELECT experiment_key, variant FROM experiment_assignment WHERE conflict IS NOT NULL
    UNION SELECT experiment_key, conflict FROM experiment_assignment WHERE conflict IS NOT NULL;
CREATE TRIGGER `admin_action_no_update` BEFORE UPDATE ON `admin_action`
BEGIN SELECT RAISE(ABORT, 'admin_action is append-only'); END;
CREATE TRIGGER `admin_action_no_delete` BEFORE DELETE ON `admin_action`
BEGIN SELECT RAISE(ABORT, 'admin_action is append-only'); END;
CREATE TRIGGER `admin_action_no_replace` BEFORE INSERT ON `admin_action`
WHEN EXISTS (SELECT 1 FROM `admin_action` WHERE `id` = new.`id`)
BEGIN SELECT RAISE(ABORT, 'admin_action is append-only'); END;
CREATE TRIGGER `feature_flag_key_is_free` BEFORE INSERT ON `feature_flag`
WHEN EXISTS (SELECT 1 FROM `experiment` WHERE `key` = NEW.`key`)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER `experiment_key_is_free` BEFORE INSERT ON `experiment`
WHEN EXISTS (SELECT 1 FROM `feature_flag` WHERE `key` = NEW.`key`)
BEGIN SELECT RAISE(IGNORE); END;
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
CREATE TRIGGER `event_inserted` AFTER INSERT ON `event` WHEN NEW.`type` IN ('booking.confirmed', 'event.viewed')
BEGIN
  UPDATE `experiment_assignment` SET
    `converted` = max(`converted`, NEW.`type` = 'booking.confirmed' AND NEW.`at` <= `first_exposed_at` + 604800000),
    `clicks` = `clicks` + (NEW.`type` = 'event.viewed')
  WHERE `user_id` = NEW.`user_id` AND `first_exposed_at` < NEW.`at`;
END;
CREATE TRIGGER `experiment_exposure_inserted` AFTER INSERT ON `experiment_exposure`
BEGIN
  INSERT INTO `experiment_rollup` (`experiment_key`, `variant`, `hour`, `exposures`)
  SELECT NEW.`experiment_key`, NEW.`variant`, NEW.`at` / 3600000, 1
  WHERE NOT EXISTS (
    SELECT 1 FROM `experiment_assignment`
    WHERE `experiment_key` = NEW.`experiment_key` AND `user_id` = NEW.`user_id` AND `conflict` IS NOT NULL)
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
CREATE TRIGGER `experiment_assignment_updated` AFTER UPDATE OF `first_exposed_at`, `converted`, `clicks` ON `experiment_assignment`
WHEN NEW.`conflict` IS NULL AND (NEW.`first_exposed_at` IS NOT OLD.`first_exposed_at`
  OR NEW.`converted` <> OLD.`converted` OR NEW.`clicks` <> OLD.`clicks`)
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
CREATE TRIGGER `experiment_assignment_conflicted` AFTER UPDATE OF `conflict` ON `experiment_assignment`
WHEN OLD.`conflict` IS NULL AND NEW.`conflict` IS NOT NULL
BEGIN
  UPDATE `experiment_rollup` SET `exposures` = `exposures` - `seen`.`times`
  FROM (
    SELECT `variant`, `at` / 3600000 AS `hour`, count(*) AS `times` FROM `experiment_exposure`
    WHERE `user_id` = NEW.`user_id` AND `experiment_key` = NEW.`experiment_key` GROUP BY 1, 2
  ) AS `seen`
  WHERE `experiment_rollup`.`experiment_key` = NEW.`experiment_key`
    AND `experiment_rollup`.`variant` = `seen`.`variant` AND `experiment_rollup`.`hour` = `seen`.`hour`;
  UPDATE `experiment_rollup` SET `assignments` = `assignments` - 1
  WHERE `experiment_key` = NEW.`experiment_key` AND `variant` = NEW.`variant`
    AND `hour` = NEW.`assigned_at` / 3600000;
  UPDATE `experiment_rollup` SET
    `exposed_users` = `exposed_users` - 1,
    `conversions` = `conversions` - OLD.`converted`,
    `clicks` = `clicks` - OLD.`clicks`
  WHERE `experiment_key` = NEW.`experiment_key` AND `variant` = NEW.`variant`
    AND `hour` = OLD.`first_exposed_at` / 3600000;
END;
