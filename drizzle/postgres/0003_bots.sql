CREATE TABLE "bots" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"owner" "bytea" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"scopes" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"account" "bytea",
	"ended_at" bigint,
	CONSTRAINT "bots_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "bots_account_unique" UNIQUE("account")
);
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "owner" "bytea";--> statement-breakpoint
ALTER TABLE "bots" ADD CONSTRAINT "bots_owner_accounts_account_fk" FOREIGN KEY ("owner") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bots" ADD CONSTRAINT "bots_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "bots_owner" ON "bots" USING btree ("owner");