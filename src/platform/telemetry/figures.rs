//! Figures for Prometheus, on a listener of their own that only this machine reaches.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

/// The figures gathered so far.
#[derive(Clone)]
pub struct Figures(PrometheusHandle);

/// Starts to gather what the `metrics` macros are told; once in a process.
pub fn install() -> Result<Figures, BuildError> {
    let buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &buckets)?
        .install_recorder()
        .map(Figures)
}

impl Figures {
    /// All figures as Prometheus reads them.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Answers `GET /metrics` on this port of the loopback address, for as long as the process lives.
    pub async fn serve(self, port: u16) -> std::io::Result<()> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let upkeep = self.clone();
        tokio::spawn(async move {
            let mut beat = tokio::time::interval(Duration::from_secs(5));
            loop {
                beat.tick().await;
                upkeep.0.run_upkeep();
            }
        });
        let router = Router::new().route("/metrics", get(move || async move { self.render() }));
        axum::serve(listener, router).await
    }
}
