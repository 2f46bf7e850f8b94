-- What operators do about a team's money: a payment goes back, a plan ends. The row is written before Stripe is asked, and
-- its id is what Stripe is asked under, so that an act that is repeated, by whomever and after whatever failure, is one.
-- `team_id` has no foreign key: the books outlive a team.
create table billing_acts (
    id uuid primary key,
    team_id uuid not null,
    kind text not null check (kind in ('refund', 'end')),
    -- Who acts; the row stays when they leave.
    user_id uuid references users (id) on delete set null,
    -- Why, in the operator's words.
    because text not null,
    -- Of a refund: which payment, and how much of it in minor units.
    stripe_invoice text,
    payment_intent text,
    currency text check (currency ~ '^[a-z]{3}$'),
    amount bigint check (amount > 0),
    -- Of an end: what ends, and whose it is.
    stripe_subscription text,
    stripe_customer text,
    plan text,
    -- Counts the keys under which Stripe was asked: each that was answered by a failure is spent.
    attempt integer not null default 1,
    -- `open`: Stripe has not said yet what became of it.
    state text not null check (state in ('open', 'done', 'refused')),
    -- The refund that Stripe made.
    stripe_refund text,
    -- Stripe's word for why it refused.
    problem text,
    created_at timestamptz not null,
    settled_at timestamptz,
    constraint billing_acts_whole check (case kind
        when 'refund' then num_nulls(stripe_invoice, payment_intent, currency, amount) = 0
        else num_nulls(stripe_subscription, stripe_customer, plan) = 0
    end)
);
create unique index billing_acts_one_open on billing_acts (coalesce(stripe_invoice, stripe_subscription))
    where state = 'open';
create index billing_acts_team on billing_acts (team_id, created_at desc);
create index billing_acts_user on billing_acts (user_id);
create index billing_acts_refund on billing_acts (stripe_refund);

-- Operators see what went back of all teams, the newest first, and find a payment by its number.
create index billing_adjustments_age on billing_adjustments (created_at desc, stripe_id desc);
create index billing_invoices_number on billing_invoices (lower(number));
