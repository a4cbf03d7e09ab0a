//! strategy-api
