//! The few settings: environment first, then flags of the same meaning.

use std::env;

/// Where the sandbox listens and how it behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// HTTP port on 127.0.0.1.
    pub port: u16,
    /// SMTP port on 127.0.0.1.
    pub smtp_port: u16,
    /// The address it calls itself, without a slash at the end.
    pub base: String,
    /// Milliseconds between two pieces of a streamed answer.
    pub model_delay_ms: u64,
}

impl Settings {
    /// Reads `SANDBOX_PORT`, `SANDBOX_SMTP_PORT`, `SANDBOX_URL`, `SANDBOX_MODEL_DELAY_MS`,
    /// or `--port=`, `--smtp-port=`, `--url=`, `--model-delay-ms=`.
    pub fn read() -> Self {
        let port = number("SANDBOX_PORT", "--port=", 4010);
        Self {
            port,
            smtp_port: number("SANDBOX_SMTP_PORT", "--smtp-port=", 1025),
            base: text("SANDBOX_URL", "--url=")
                .map_or_else(|| format!("http://localhost:{port}"), |url| url.trim_end_matches('/').to_owned()),
            model_delay_ms: number("SANDBOX_MODEL_DELAY_MS", "--model-delay-ms=", 25),
        }
    }
}

impl Settings {
    /// Where Stripe's webhooks go: `SANDBOX_STRIPE_WEBHOOK_URL` or `--stripe-webhook-url=`, else to Aura on `PORT` of
    /// this machine.
    pub fn stripe_webhook_url(&self) -> String {
        let given = text("SANDBOX_STRIPE_WEBHOOK_URL", "--stripe-webhook-url=");
        given.unwrap_or_else(|| {
            format!("http://127.0.0.1:{}/api/webhooks/stripe", number("PORT", "--aura-port=", 3000_u16))
        })
    }
}

fn text(name: &str, flag: &str) -> Option<String> {
    env::args()
        .find_map(|argument| argument.strip_prefix(flag).map(str::to_owned))
        .or_else(|| env::var(name).ok())
        .filter(|value| !value.trim().is_empty())
}

fn number<T: std::str::FromStr>(name: &str, flag: &str, otherwise: T) -> T {
    text(name, flag).and_then(|value| value.trim().parse().ok()).unwrap_or(otherwise)
}
