CREATE TABLE "account_entries" (
	"account" "bytea" NOT NULL,
	"seq" bigint NOT NULL,
	"entry" "bytea" NOT NULL,
	CONSTRAINT "account_entries_account_seq_pk" PRIMARY KEY("account","seq")
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"account" "bytea" PRIMARY KEY NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"role" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"disabled_at" bigint,
	"profile" "bytea",
	"hidden" boolean DEFAULT false NOT NULL,
	"last_seen" bigint,
	"invited" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "accounts_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "barred_devices" (
	"device" "bytea" PRIMARY KEY NOT NULL,
	"barred_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "binds" (
	"account" "bytea" NOT NULL,
	"method" "bytea" NOT NULL,
	"bind" "bytea" NOT NULL,
	CONSTRAINT "binds_account_method_pk" PRIMARY KEY("account","method")
);
--> statement-breakpoint
CREATE TABLE "blocks" (
	"account" "bytea" NOT NULL,
	"blocked" "bytea" NOT NULL,
	"since" bigint NOT NULL,
	CONSTRAINT "blocks_account_blocked_pk" PRIMARY KEY("account","blocked")
);
--> statement-breakpoint
CREATE TABLE "box_requests" (
	"conversation" "bytea" NOT NULL,
	"account" "bytea" NOT NULL,
	"epoch" bigint NOT NULL,
	CONSTRAINT "box_requests_conversation_account_epoch_pk" PRIMARY KEY("conversation","account","epoch")
);
--> statement-breakpoint
CREATE TABLE "conversation_entries" (
	"conversation" "bytea" NOT NULL,
	"seq" bigint NOT NULL,
	"entry" "bytea" NOT NULL,
	CONSTRAINT "conversation_entries_conversation_seq_pk" PRIMARY KEY("conversation","seq")
);
--> statement-breakpoint
CREATE TABLE "conversations" (
	"conversation" "bytea" PRIMARY KEY NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "credentials" (
	"account" "bytea" PRIMARY KEY NOT NULL,
	"identifier" "bytea" NOT NULL,
	"record" text COLLATE "C" NOT NULL,
	"stretching" bigint NOT NULL,
	CONSTRAINT "credentials_identifier_unique" UNIQUE("identifier")
);
--> statement-breakpoint
CREATE TABLE "cut_lists" (
	"conversation" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	"list" "bytea" NOT NULL,
	CONSTRAINT "cut_lists_conversation_hash_pk" PRIMARY KEY("conversation","hash")
);
--> statement-breakpoint
CREATE TABLE "devices" (
	"device" "bytea" PRIMARY KEY NOT NULL,
	"account" "bytea" NOT NULL,
	"added_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "email_confirmations" (
	"account" "bytea" PRIMARY KEY NOT NULL,
	"address" text COLLATE "C" NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"expires_at" bigint NOT NULL,
	CONSTRAINT "email_confirmations_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "emails" (
	"account" "bytea" PRIMARY KEY NOT NULL,
	"address" text COLLATE "C" NOT NULL,
	"confirmed_at" bigint NOT NULL,
	CONSTRAINT "emails_address_unique" UNIQUE("address")
);
--> statement-breakpoint
CREATE TABLE "epoch_boxes" (
	"conversation" "bytea" NOT NULL,
	"account" "bytea" NOT NULL,
	"epoch" bigint NOT NULL,
	"g" bigint NOT NULL,
	"box" "bytea" NOT NULL,
	CONSTRAINT "epoch_boxes_conversation_account_epoch_g_pk" PRIMARY KEY("conversation","account","epoch","g")
);
--> statement-breakpoint
CREATE TABLE "friend_changes" (
	"account" "bytea" NOT NULL,
	"other" "bytea" NOT NULL,
	"version" bigint NOT NULL,
	CONSTRAINT "friend_changes_account_other_pk" PRIMARY KEY("account","other")
);
--> statement-breakpoint
CREATE TABLE "friendships" (
	"lower" "bytea" NOT NULL,
	"higher" "bytea" NOT NULL,
	"lower_asked" boolean NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"since" bigint NOT NULL,
	"request" "bytea" NOT NULL,
	"accept" "bytea",
	"closing" "bytea",
	CONSTRAINT "friendships_lower_higher_pk" PRIMARY KEY("lower","higher")
);
--> statement-breakpoint
CREATE TABLE "instance_facts" (
	"fact" text COLLATE "C" PRIMARY KEY NOT NULL,
	"value" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "invites" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"created_by" "bytea" NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"uses_left" bigint NOT NULL,
	CONSTRAINT "invites_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "kem_keys" (
	"account" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	"key" "bytea" NOT NULL,
	CONSTRAINT "kem_keys_account_hash_pk" PRIMARY KEY("account","hash")
);
--> statement-breakpoint
CREATE TABLE "knocks" (
	"conversation" "bytea" NOT NULL,
	"account" "bytea" NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "knocks_conversation_account_pk" PRIMARY KEY("conversation","account")
);
--> statement-breakpoint
CREATE TABLE "link_boxes" (
	"conversation" "bytea" NOT NULL,
	"link" "bytea" NOT NULL,
	"epoch" bigint NOT NULL,
	"box" "bytea" NOT NULL,
	CONSTRAINT "link_boxes_conversation_link_pk" PRIMARY KEY("conversation","link")
);
--> statement-breakpoint
CREATE TABLE "link_keys" (
	"conversation" "bytea" NOT NULL,
	"link" "bytea" NOT NULL,
	"key" "bytea" NOT NULL,
	CONSTRAINT "link_keys_conversation_link_pk" PRIMARY KEY("conversation","link")
);
--> statement-breakpoint
CREATE TABLE "members" (
	"conversation" "bytea" NOT NULL,
	"account" "bytea" NOT NULL,
	"role" text COLLATE "C" NOT NULL,
	CONSTRAINT "members_conversation_account_pk" PRIMARY KEY("conversation","account")
);
--> statement-breakpoint
CREATE TABLE "pictures" (
	"conversation" "bytea" NOT NULL,
	"picture" "bytea" NOT NULL,
	"sealed" "bytea" NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "pictures_conversation_picture_pk" PRIMARY KEY("conversation","picture")
);
--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"account" "bytea" NOT NULL,
	"sid" text COLLATE "C" NOT NULL,
	"expires_at" bigint NOT NULL,
	"nonce" "bytea" NOT NULL,
	"successor" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "report_boxes" (
	"report" "bytea" NOT NULL,
	"account" "bytea" NOT NULL,
	"g" bigint NOT NULL,
	"box" "bytea" NOT NULL,
	CONSTRAINT "report_boxes_report_account_pk" PRIMARY KEY("report","account")
);
--> statement-breakpoint
CREATE TABLE "reports" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"conversation" "bytea" NOT NULL,
	"reporter" "bytea" NOT NULL,
	"at" bigint NOT NULL,
	"sealed" boolean NOT NULL,
	"report" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "room_listings" (
	"conversation" "bytea" PRIMARY KEY NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"topic" text COLLATE "C" NOT NULL,
	"link" "bytea" NOT NULL,
	"secret" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sealed_entries" (
	"account" "bytea" NOT NULL,
	"name" "bytea" NOT NULL,
	"version" bigint NOT NULL,
	"entry" "bytea" NOT NULL,
	CONSTRAINT "sealed_entries_account_name_pk" PRIMARY KEY("account","name")
);
--> statement-breakpoint
CREATE TABLE "session_families" (
	"sid" text COLLATE "C" PRIMARY KEY NOT NULL,
	"account" "bytea" NOT NULL,
	"device" "bytea" NOT NULL,
	"created_at" bigint NOT NULL,
	"last_used_at" bigint NOT NULL,
	"ended_at" bigint,
	"ended_code" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "vaults" (
	"account" "bytea" NOT NULL,
	"version" bigint NOT NULL,
	"device" "bytea" NOT NULL,
	"stored_at" bigint NOT NULL,
	"vault" "bytea" NOT NULL,
	CONSTRAINT "vaults_account_version_pk" PRIMARY KEY("account","version")
);
--> statement-breakpoint
CREATE TABLE "vk_boxes" (
	"account" "bytea" NOT NULL,
	"recipient" "bytea" NOT NULL,
	"vk_gen" bigint NOT NULL,
	"box" "bytea" NOT NULL,
	CONSTRAINT "vk_boxes_account_recipient_vk_gen_pk" PRIMARY KEY("account","recipient","vk_gen")
);
--> statement-breakpoint
CREATE TABLE "conversation_counters" (
	"id" bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (sequence name "conversation_counters_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"conversation" "bytea" NOT NULL,
	"recv" bigint NOT NULL,
	"current" bigint NOT NULL,
	"last_at" bigint NOT NULL,
	CONSTRAINT "conversation_counters_conversation_unique" UNIQUE("conversation")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"conv" bigint NOT NULL,
	"recv" bigint NOT NULL,
	"page" bigint NOT NULL,
	"stream" bigint NOT NULL,
	"clock" bigint NOT NULL,
	"at" bigint NOT NULL,
	"event_id" "bytea" NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "events_conv_recv_pk" PRIMARY KEY("conv","recv")
);
--> statement-breakpoint
CREATE TABLE "expiries" (
	"conv" bigint NOT NULL,
	"recv" bigint NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "expiries_conv_recv_pk" PRIMARY KEY("conv","recv")
);
--> statement-breakpoint
CREATE TABLE "markers" (
	"conversation" "bytea" NOT NULL,
	"device" "bytea" NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"account" "bytea" NOT NULL,
	"hlc" bigint NOT NULL,
	"marker" "bytea" NOT NULL,
	CONSTRAINT "markers_conversation_device_kind_pk" PRIMARY KEY("conversation","device","kind")
);
--> statement-breakpoint
CREATE TABLE "pages" (
	"id" bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (sequence name "pages_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"conv" bigint NOT NULL,
	"page" bigint NOT NULL,
	"part" bigint NOT NULL,
	"posts" bigint NOT NULL,
	"post_bytes" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	"version" bigint NOT NULL,
	"opened_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "streams" (
	"id" bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (sequence name "streams_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"page" bigint NOT NULL,
	"client_id" bigint NOT NULL,
	"device" "bytea" NOT NULL,
	"incarnation" bigint NOT NULL,
	"next" bigint NOT NULL,
	"started_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "waiting_redactions" (
	"conv" bigint NOT NULL,
	"target" "bytea" NOT NULL,
	"by" "bytea" NOT NULL,
	"account" "bytea" NOT NULL,
	"admin" boolean NOT NULL,
	CONSTRAINT "waiting_redactions_conv_target_by_pk" PRIMARY KEY("conv","target","by")
);
--> statement-breakpoint
CREATE TABLE "blobs" (
	"blob" "bytea" PRIMARY KEY NOT NULL,
	"conversation" "bytea" NOT NULL,
	"account" "bytea" NOT NULL,
	"device" "bytea" NOT NULL,
	"length" bigint NOT NULL,
	"received" bigint NOT NULL,
	"used_at" bigint NOT NULL,
	"event" "bytea"
);
--> statement-breakpoint
ALTER TABLE "account_entries" ADD CONSTRAINT "account_entries_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "binds" ADD CONSTRAINT "binds_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blocks" ADD CONSTRAINT "blocks_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blocks" ADD CONSTRAINT "blocks_blocked_accounts_account_fk" FOREIGN KEY ("blocked") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "box_requests" ADD CONSTRAINT "box_requests_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "box_requests" ADD CONSTRAINT "box_requests_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversation_entries" ADD CONSTRAINT "conversation_entries_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cut_lists" ADD CONSTRAINT "cut_lists_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "devices" ADD CONSTRAINT "devices_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "email_confirmations" ADD CONSTRAINT "email_confirmations_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "emails" ADD CONSTRAINT "emails_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "epoch_boxes" ADD CONSTRAINT "epoch_boxes_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "epoch_boxes" ADD CONSTRAINT "epoch_boxes_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "friend_changes" ADD CONSTRAINT "friend_changes_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "friend_changes" ADD CONSTRAINT "friend_changes_other_accounts_account_fk" FOREIGN KEY ("other") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "friendships" ADD CONSTRAINT "friendships_lower_accounts_account_fk" FOREIGN KEY ("lower") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "friendships" ADD CONSTRAINT "friendships_higher_accounts_account_fk" FOREIGN KEY ("higher") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_created_by_accounts_account_fk" FOREIGN KEY ("created_by") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "kem_keys" ADD CONSTRAINT "kem_keys_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knocks" ADD CONSTRAINT "knocks_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "knocks" ADD CONSTRAINT "knocks_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_boxes" ADD CONSTRAINT "link_boxes_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_keys" ADD CONSTRAINT "link_keys_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pictures" ADD CONSTRAINT "pictures_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_sid_session_families_sid_fk" FOREIGN KEY ("sid") REFERENCES "public"."session_families"("sid") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "report_boxes" ADD CONSTRAINT "report_boxes_report_reports_id_fk" FOREIGN KEY ("report") REFERENCES "public"."reports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "report_boxes" ADD CONSTRAINT "report_boxes_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reports" ADD CONSTRAINT "reports_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reports" ADD CONSTRAINT "reports_reporter_accounts_account_fk" FOREIGN KEY ("reporter") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_listings" ADD CONSTRAINT "room_listings_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sealed_entries" ADD CONSTRAINT "sealed_entries_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_families" ADD CONSTRAINT "session_families_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vaults" ADD CONSTRAINT "vaults_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vk_boxes" ADD CONSTRAINT "vk_boxes_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversation_counters" ADD CONSTRAINT "conversation_counters_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "markers" ADD CONSTRAINT "markers_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pages" ADD CONSTRAINT "pages_conv_conversation_counters_id_fk" FOREIGN KEY ("conv") REFERENCES "public"."conversation_counters"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "streams" ADD CONSTRAINT "streams_page_pages_id_fk" FOREIGN KEY ("page") REFERENCES "public"."pages"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_conversation_conversations_conversation_fk" FOREIGN KEY ("conversation") REFERENCES "public"."conversations"("conversation") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "friend_changes_version" ON "friend_changes" USING btree ("account","version");--> statement-breakpoint
CREATE INDEX "friendships_higher" ON "friendships" USING btree ("higher");--> statement-breakpoint
CREATE INDEX "members_account" ON "members" USING btree ("account");--> statement-breakpoint
CREATE INDEX "refresh_tokens_account" ON "refresh_tokens" USING btree ("account");--> statement-breakpoint
CREATE INDEX "refresh_tokens_sid" ON "refresh_tokens" USING btree ("sid");--> statement-breakpoint
CREATE INDEX "reports_conversation" ON "reports" USING btree ("conversation");--> statement-breakpoint
CREATE INDEX "sealed_entries_version" ON "sealed_entries" USING btree ("account","version");--> statement-breakpoint
CREATE INDEX "session_families_account" ON "session_families" USING btree ("account");--> statement-breakpoint
CREATE UNIQUE INDEX "events_place" ON "events" USING btree ("page","stream","clock") INCLUDE ("event_id");--> statement-breakpoint
ALTER TABLE "events" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;--> statement-breakpoint
CREATE INDEX "events_event" ON "events" USING btree ("conv","event_id","recv");--> statement-breakpoint
CREATE INDEX "expiries_at" ON "expiries" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "pages_place" ON "pages" USING btree ("conv","page","part");--> statement-breakpoint
CREATE UNIQUE INDEX "streams_client" ON "streams" USING btree ("page","client_id");--> statement-breakpoint
CREATE INDEX "blobs_account" ON "blobs" USING btree ("account");--> statement-breakpoint
CREATE INDEX "blobs_event" ON "blobs" USING btree ("conversation","event");--> statement-breakpoint
CREATE INDEX "blobs_used" ON "blobs" USING btree ("used_at");