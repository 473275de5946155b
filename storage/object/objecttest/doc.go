// Package objecttest holds what every object store must do (Conform), stores and transports that fail on purpose (Faulty,
// FaultyTransport), and a real S3 server to test against (Server). For tests only.
package objecttest
