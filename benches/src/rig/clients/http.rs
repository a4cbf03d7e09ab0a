//! The peers' orders: reqwest at its best, one warm connection in its pool, HTTP/1.1, no delay, headers made
//! beforehand.

use super::Job;
use super::parsed::Order;
use crate::rig::{frames, orders};
use anyhow::{Context, ensure};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, RequestBuilder, Url};

/// A client with a warm connection.
pub struct Http {
    client: Client,
    url: Url,
    items: Vec<String>,
}

impl Http {
    /// Connects, and warms up; `None` where no order leaves.
    ///
    /// # Errors
    /// When the sender's order desk does not answer.
    pub async fn connect(job: &Job) -> anyhow::Result<Option<Self>> {
        if job.orders_every == 0 {
            return Ok(None);
        }
        let mut headers = HeaderMap::new();
        let token = format!("Bearer {}", orders::TOKEN);
        headers.insert("authorization", HeaderValue::from_str(&token)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
        headers.insert("cont-yn", HeaderValue::from_static("N"));
        let client = Client::builder()
            .tls_certs_only([Certificate::from_pem(job.certificate_pem()?.as_bytes())?])
            .tcp_nodelay(true)
            .http1_only()
            .default_headers(headers)
            .build()?;
        let url = Url::parse(&job.orders_url())?.join(orders::PATH)?;
        let http = Self { client, url, items: frames::items() };
        for _ in 0..3 {
            let warm = http.client.post(http.url.clone()).header(API_ID, "ka00001").body("{}");
            Self::reply(warm).await.context("the order desk does not answer")?;
        }
        Ok(Some(http))
    }

    /// The request of an order.
    pub fn request(&self, order: &Order) -> RequestBuilder {
        let item = &self.items[order.instrument as usize];
        let body = orders::body(item, order.quantity, order.price);
        self.client.post(self.url.clone()).header(API_ID, "kt10000").body(body)
    }

    /// Sends a request and takes its reply.
    ///
    /// # Errors
    /// When there is none, or it is a refusal.
    pub async fn reply(request: RequestBuilder) -> anyhow::Result<()> {
        let response = request.send().await?;
        ensure!(response.status() == 200, "the order desk answered {}", response.status());
        let body = response.bytes().await?;
        let body: serde_json::Value = serde_json::from_slice(&body)?;
        ensure!(body["return_code"] == 0, "the order desk refused: {body}");
        Ok(())
    }
}

const API_ID: HeaderName = HeaderName::from_static("api-id");
