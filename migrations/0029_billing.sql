-- Billing: what Stripe says about the teams that pay, and what we have asked it for. Stripe is the truth; these rows are
-- read from it anew whenever an event hints at a change. `team_id` has no foreign key: invoices outlive a team.

-- The customer of a team at Stripe: one, for as long as the team exists.
create table billing_customers (
    team_id uuid primary key,
    -- Absent while it is being made.
    stripe_customer text constraint billing_customers_stripe_key unique,
    -- Counts the requests to make it that Stripe answered for good, so that each is asked under a key of its own.
    attempt integer not null default 1,
    -- Fixed by the first invoice (ISO 4217, small letters).
    currency text check (currency ~ '^[a-z]{3}$'),
    -- The card that pays, as people know it.
    card_brand text,
    card_last4 text check (card_last4 ~ '^[0-9]{4}$'),
    card_expires text check (card_expires ~ '^[0-9]{2}/[0-9]{4}$'),
    created_at timestamptz not null,
    -- The plan and the seats that everybody was last told of: what differs from them is a change.
    plan text not null default 'free',
    seats integer not null default 1,
    -- When it was last read from Stripe.
    synced_at timestamptz,
    -- When Stripe said that it is gone.
    deleted_at timestamptz
);

-- The prices of our plans, found at Stripe by their lookup keys.
create table billing_prices (
    lookup_key text primary key,
    stripe_price text not null constraint billing_prices_stripe_key unique,
    currency text not null check (currency ~ '^[a-z]{3}$'),
    -- In minor units, of one seat where the plan has seats.
    amount bigint not null check (amount >= 0),
    synced_at timestamptz not null
);

-- Attempts to buy: at most one of a team is under way.
create table billing_checkouts (
    id uuid primary key,
    team_id uuid not null,
    -- Who began it; the row goes when they leave.
    user_id uuid not null references users (id) on delete cascade,
    plan text not null,
    period text not null check (period in ('monthly', 'yearly')),
    seats integer not null check (seats between 1 and 10000),
    -- With these and nothing else Stripe is asked, however often, so that each repetition is the same request.
    stripe_customer text not null,
    stripe_price text not null,
    trial_days integer not null default 0,
    attempt integer not null default 1,
    -- Absent until Stripe has answered.
    stripe_session text constraint billing_checkouts_session_key unique,
    url text,
    -- `open`: it can be paid. `processing`: it was confirmed, and the money is on its way.
    state text not null check (state in ('open', 'processing', 'complete', 'expired', 'failed')),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    settled_at timestamptz
);
create unique index billing_checkouts_one_open on billing_checkouts (team_id) where state = 'open';
create index billing_checkouts_user on billing_checkouts (user_id);
create index billing_checkouts_age on billing_checkouts (created_at);

-- A subscription as Stripe has it.
create table billing_subscriptions (
    stripe_subscription text primary key,
    team_id uuid not null,
    stripe_customer text not null,
    plan text not null,
    period text not null check (period in ('monthly', 'yearly')),
    -- Stripe's word, whatever it is.
    status text not null,
    -- The last word that we knew, and since when the present one is unknown.
    status_before text,
    unclear_since timestamptz,
    stripe_item text not null,
    stripe_price text not null,
    seats integer not null check (seats >= 1),
    currency text not null check (currency ~ '^[a-z]{3}$'),
    -- In minor units, of one seat.
    unit_amount bigint not null,
    -- When Stripe made it: of two, the older counts.
    created_at timestamptz not null,
    period_start timestamptz not null,
    period_end timestamptz not null,
    trial_end timestamptz,
    cancel_at timestamptz,
    past_due_since timestamptz,
    -- Payments rest by somebody's decision at Stripe.
    paused boolean not null default false,
    ended_at timestamptz,
    -- What it becomes at the end of the period, where a change waits.
    stripe_schedule text,
    next_plan text,
    next_period text check (next_period in ('monthly', 'yearly')),
    next_seats integer check (next_seats >= 1),
    latest_invoice text,
    synced_at timestamptz not null
);
create index billing_subscriptions_team on billing_subscriptions (team_id, created_at);
create index billing_subscriptions_customer on billing_subscriptions (stripe_customer);

-- Invoices as Stripe has them; kept when the team is gone.
create table billing_invoices (
    stripe_invoice text primary key,
    team_id uuid not null,
    stripe_subscription text,
    -- What was paid by; refunds and disputes name it, and not the invoice.
    payment_intent text,
    number text,
    -- Stripe's word: draft, open, paid, uncollectible, void.
    status text not null,
    billing_reason text,
    currency text not null check (currency ~ '^[a-z]{3}$'),
    -- In minor units.
    total bigint not null,
    tax bigint not null,
    amount_due bigint not null,
    amount_paid bigint not null,
    amount_refunded bigint not null default 0,
    hosted_url text,
    pdf_url text,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    period_start timestamptz not null,
    period_end timestamptz not null,
    created_at timestamptz not null,
    paid_at timestamptz,
    synced_at timestamptz not null
);
create index billing_invoices_team on billing_invoices (team_id, created_at desc);
create index billing_invoices_payment on billing_invoices (payment_intent);

-- Refunds and disputes.
create table billing_adjustments (
    stripe_id text primary key,
    team_id uuid not null,
    kind text not null check (kind in ('refund', 'dispute')),
    stripe_invoice text,
    currency text not null check (currency ~ '^[a-z]{3}$'),
    amount bigint not null,
    status text not null,
    reason text,
    created_at timestamptz not null,
    synced_at timestamptz not null
);
create index billing_adjustments_team on billing_adjustments (team_id, created_at desc);

-- What was told by mail, so that it is told once: the key says what and about what.
create table billing_notices (
    key text primary key,
    team_id uuid not null,
    told_at timestamptz not null
);
create index billing_notices_age on billing_notices (told_at);

-- Who has had a trial: a team, its owner, a card (by a digest of its fingerprint).
create table billing_trials (
    key text primary key,
    -- The one subscription that may have it.
    stripe_subscription text not null,
    used_at timestamptz not null
);

-- What this installation remembers of Stripe: the portal's configuration, how far the events were read.
create table billing_marks (
    name text primary key,
    value text not null,
    marked_at timestamptz not null
);
