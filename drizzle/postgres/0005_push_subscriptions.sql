CREATE TABLE "push_subscriptions" (
	"device" "bytea" PRIMARY KEY NOT NULL,
	"account" "bytea" NOT NULL,
	"endpoint" text COLLATE "C" NOT NULL,
	"key" "bytea" NOT NULL,
	"auth" "bytea" NOT NULL,
	"quiet" "bytea" NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "push_subscriptions" ADD CONSTRAINT "push_subscriptions_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "push_subscriptions_account" ON "push_subscriptions" USING btree ("account");