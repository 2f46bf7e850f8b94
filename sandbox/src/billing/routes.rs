//! Which operation a method and a path mean, and which parameters it takes.

use super::listing::PLAIN;
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::{
    Stripe, catalogue, changes, customers, ending, endpoints, invoices, portal, preview, refunds, schedules, sessions,
    subscriptions,
};

impl Stripe {
    /// Carries a request out. On an error nothing has happened, but for a payment that was tried.
    pub(super) fn carry_out(&mut self, method: &str, path: &[&str], params: &Params) -> Outcome {
        // What only reads leaves nothing half done.
        let answer = match method {
            "GET" => self.route(method, path, params),
            _ => self.whole(|stripe| stripe.route(method, path, params)),
        }?;
        self.expanded(answer, params)
    }

    /// Does all of something or nothing.
    pub(super) fn whole<T>(&mut self, act: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        let before = self.clone();
        let done = act(self);
        if done.as_ref().is_err_and(|problem| !problem.keep) {
            *self = before;
        }
        done
    }

    fn route(&mut self, method: &str, path: &[&str], params: &Params) -> Outcome {
        let only = |allowed: &[&str]| params.only(allowed);
        let listed = |filters: &[&str]| params.only(&[&PLAIN[..], filters].concat());
        let none = || params.only(&[]);
        match (method, path) {
            ("POST", ["customers"]) => only(&customers::CUSTOMER).and_then(|()| self.create_customer(params)),
            ("GET", ["customers"]) => listed(&["email"]).and_then(|()| self.customers(params)),
            ("GET", ["customers", id]) => none().and_then(|()| self.get_customer(id)),
            ("POST", ["customers", id]) => only(&customers::CUSTOMER).and_then(|()| self.update_customer(id, params)),
            ("DELETE", ["customers", id]) => none().and_then(|()| self.delete_customer(id)),
            ("GET", ["customers", id, "payment_methods"]) => {
                listed(&["type"])?;
                self.payment_methods(params, Some(id))
            }
            ("GET", ["payment_methods"]) => {
                listed(&["type", "customer"]).and_then(|()| self.payment_methods(params, None))
            }
            ("GET", ["payment_methods", id]) => none().and_then(|()| self.need("payment_method", id, "id")),
            ("POST", ["payment_methods", id, "attach"]) => only(&["customer"]).and_then(|()| self.attach(id, params)),
            ("POST", ["payment_methods", id, "detach"]) => none().and_then(|()| self.detach(id)),
            ("GET" | "POST", ["prices" | "products" | "coupons" | "promotion_codes", ..]) => {
                self.route_catalogue(method, path, params)
            }
            (_, ["checkout", "sessions", rest @ ..]) => self.route_sessions(method, rest, params),
            (_, ["subscriptions", rest @ ..]) => self.route_subscriptions(method, rest, params),
            (_, ["subscription_schedules", rest @ ..]) => self.route_schedules(method, rest, params),
            (_, ["invoices", rest @ ..]) => self.route_invoices(method, rest, params),
            (_, ["billing_portal", rest @ ..]) => self.route_portal(method, rest, params),
            ("GET", ["events"]) => {
                listed(&["type", "types.*", "delivery_success"])?;
                self.events(params)
            }
            ("GET", ["events", id]) => none().and_then(|()| self.event(id)),
            ("POST", ["webhook_endpoints"]) => only(&endpoints::ENDPOINT).and_then(|()| self.create_endpoint(params)),
            ("GET", ["webhook_endpoints"]) => listed(&[]).and_then(|()| self.endpoints(params)),
            ("GET", ["webhook_endpoints", id]) => none().and_then(|()| self.need("webhook_endpoint", id, "id")),
            ("DELETE", ["webhook_endpoints", id]) => none().and_then(|()| self.delete_endpoint(id)),
            _ => self.route_money(method, path, params),
        }
    }

    fn route_money(&mut self, method: &str, path: &[&str], params: &Params) -> Outcome {
        let one = |kind: &str, id: &str| params.only(&[]).and_then(|()| self.need(kind, id, "id"));
        let listed = |filters: &[&str]| params.only(&[&PLAIN[..], filters].concat());
        match (method, path) {
            ("POST", ["refunds"]) => params.only(&refunds::REFUND).and_then(|()| self.create_refund(params)),
            ("GET", ["refunds", id]) => one("refund", id),
            ("GET", ["charges", id]) => one("charge", id),
            ("GET", ["disputes", id]) => one("dispute", id),
            ("GET", ["payment_intents", id]) => one("payment_intent", id),
            ("GET", ["invoice_payments", id]) => one("invoice_payment", id),
            ("GET", ["refunds"]) => {
                listed(&["charge", "payment_intent"]).and_then(|()| self.by_customer("refund", "/v1/refunds", params))
            }
            ("GET", ["charges"]) => {
                listed(&["customer", "payment_intent"]).and_then(|()| self.by_customer("charge", "/v1/charges", params))
            }
            ("GET", ["disputes"]) => {
                listed(&["charge", "payment_intent"]).and_then(|()| self.by_customer("dispute", "/v1/disputes", params))
            }
            ("GET", ["payment_intents"]) => {
                listed(&["customer"])?;
                self.by_customer("payment_intent", "/v1/payment_intents", params)
            }
            ("GET", ["invoice_payments"]) => {
                listed(&["invoice", "status", "payment.type", "payment.payment_intent"])?;
                self.invoice_payments(params)
            }
            _ => Err(unknown(method, path)),
        }
    }

    fn route_catalogue(&mut self, method: &str, path: &[&str], params: &Params) -> Outcome {
        let one = |kind: &str, id: &str| params.only(&[]).and_then(|()| self.need(kind, id, "id"));
        let listed = |filters: &[&str]| params.only(&[&PLAIN[..], filters].concat());
        match (method, path) {
            ("GET", ["prices", id]) => one("price", id),
            ("GET", ["products", id]) => one("product", id),
            ("GET", ["coupons", id]) => one("coupon", id),
            ("GET", ["promotion_codes", id]) => one("promotion_code", id),
            ("GET", ["prices"]) => listed(&catalogue::PRICES).and_then(|()| self.prices(params)),
            ("POST", ["prices"]) => params.only(&catalogue::PRICE).and_then(|()| self.create_price(params)),
            ("POST", ["prices", id]) => {
                params.only(&["active", "lookup_key", "transfer_lookup_key", "nickname", "metadata.*"])?;
                self.update_price(id, params)
            }
            ("GET", ["products"]) => listed(&["active", "ids.*"]).and_then(|()| self.products(params)),
            ("POST", ["products"]) => params.only(&catalogue::PRODUCT).and_then(|()| self.create_product(params)),
            ("POST", ["coupons"]) => params.only(&catalogue::COUPON).and_then(|()| self.create_coupon(params)),
            ("GET", ["promotion_codes"]) => {
                listed(&["active", "code", "coupon", "customer"]).and_then(|()| self.promotion_codes(params))
            }
            ("POST", ["promotion_codes"]) => {
                params.only(&catalogue::PROMOTION_CODE).and_then(|()| self.create_promotion_code(params))
            }
            _ => Err(unknown(method, path)),
        }
    }

    fn route_sessions(&mut self, method: &str, path: &[&str], params: &Params) -> Outcome {
        match (method, path) {
            ("POST", []) => params.only(&sessions::SESSION).and_then(|()| self.create_session(params)),
            ("GET", []) => {
                params.only(&[&PLAIN[..], &sessions::FILTERS].concat())?;
                self.list_sessions(params)
            }
            ("GET", [id]) => params.only(&[]).and_then(|()| self.need("checkout.session", id, "id")),
            ("GET", [id, "line_items"]) => params.only(&PLAIN).and_then(|()| self.line_items(id)),
            ("POST", [id, "expire"]) => params.only(&[]).and_then(|()| self.expire(id)),
            _ => Err(unknown(method, path)),
        }
    }

    fn route_subscriptions(&mut self, method: &str, path: &[&str], params: &Params) -> Outcome {
        match (method, path) {
            ("POST", []) => params.only(&subscriptions::SUBSCRIPTION).and_then(|()| self.create_subscription(params)),
            ("GET", []) => {
                params.only(&[&PLAIN[..], &subscriptions::FILTERS].concat())?;
                self.list_subscriptions(params)
            }
            ("GET", [id]) => params.only(&[]).and_then(|()| self.need("subscription", id, "id")),
            ("POST", [id]) => params.only(&changes::CHANGE).and_then(|()| self.update_subscription(id, params)),
            ("DELETE", [id]) => params.only(&ending::CANCEL).and_then(|()| self.cancel_subscription(id, params)),
            ("POST", [id, "resume"]) => {
                params.only(&["billing_cycle_anchor", "proration_behavior"]).and_then(|()| self.resume(id))
            }
            _ => Err(unknown(method, path)),
        }
    }

    fn route_schedules(&mut self, method: &str, path: &[&str], params: &Params) -> Outcome {
        match (method, path) {
            ("POST", []) => params.only(&schedules::SCHEDULE).and_then(|()| self.create_schedule(params)),
            ("GET", []) => params.only(&[&PLAIN[..], &["customer"]].concat()).and_then(|()| self.schedules(params)),
            ("GET", [id]) => params.only(&[]).and_then(|()| self.need("subscription_schedule", id, "id")),
            ("POST", [id]) => params.only(&schedules::PHASES).and_then(|()| self.update_schedule(id, params)),
            ("POST", [id, "release"]) => {
                params.only(&["preserve_cancel_date"]).and_then(|()| self.release_schedule(id))
            }
            ("POST", [id, "cancel"]) => {
                params.only(&["invoice_now", "prorate"]).and_then(|()| self.cancel_schedule(id))
            }
            _ => Err(unknown(method, path)),
        }
    }

    fn route_invoices(&mut self, method: &str, path: &[&str], params: &Params) -> Outcome {
        match (method, path) {
            ("GET", []) => params.only(&[&PLAIN[..], &invoices::FILTERS].concat()).and_then(|()| self.invoices(params)),
            ("POST", ["create_preview"]) => params.only(&preview::PREVIEW).and_then(|()| self.preview(params)),
            ("GET", [id]) => params.only(&[]).and_then(|()| self.need("invoice", id, "id")),
            ("GET", [id, "lines"]) => {
                params.only(&PLAIN)?;
                Ok(self.need("invoice", id, "id")?["lines"].clone())
            }
            ("POST", [id, "pay"]) => {
                params.only(&["payment_method", "off_session", "paid_out_of_band"])?;
                self.pay_invoice(id, params.word("payment_method"), params.flag("paid_out_of_band")? == Some(true))
            }
            ("POST", [id, "void"]) => params.only(&[]).and_then(|()| self.void(id)),
            ("POST", [id, "finalize"]) => {
                params.only(&["auto_advance"])?;
                self.finalize(id);
                self.need("invoice", id, "id")
            }
            ("POST", [id, "mark_uncollectible"]) => {
                params.only(&[])?;
                self.need("invoice", id, "id")?;
                self.give_up(id);
                self.need("invoice", id, "id")
            }
            _ => Err(unknown(method, path)),
        }
    }

    fn route_portal(&mut self, method: &str, path: &[&str], params: &Params) -> Outcome {
        match (method, path) {
            ("POST", ["configurations"]) => {
                params.only(&portal::CONFIGURATION).and_then(|()| self.set_configuration(None, params))
            }
            ("POST", ["configurations", id]) => {
                params.only(&portal::CONFIGURATION).and_then(|()| self.set_configuration(Some(id), params))
            }
            ("GET", ["configurations"]) => {
                params.only(&[&PLAIN[..], &["active", "is_default"]].concat())?;
                self.configurations(params)
            }
            ("GET", ["configurations", id]) => {
                params.only(&[]).and_then(|()| self.need("billing_portal.configuration", id, "id"))
            }
            ("POST", ["sessions"]) => params.only(&portal::SESSION).and_then(|()| self.create_portal_session(params)),
            _ => Err(unknown(method, path)),
        }
    }
}

fn unknown(method: &str, path: &[&str]) -> Problem {
    let message = format!("Unrecognized request URL ({method}: /v1/{}).", path.join("/"));
    Problem { status: 404, ..Problem::rule(message) }
}
