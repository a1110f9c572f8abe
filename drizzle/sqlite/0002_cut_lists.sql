CREATE TABLE `cut_lists` (
	`conversation` blob NOT NULL,
	`hash` blob NOT NULL,
	`list` blob NOT NULL,
	PRIMARY KEY(`conversation`, `hash`),
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action
);
