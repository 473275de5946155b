// Package config holds the effective settings of one node and where each came from. A setting is a flag of `assay serve`, an
// ASSAY_NAME variable and a key of a strict TOML file; a flag wins over the environment, which wins over the file, which wins over
// the default.
//
// Settings is built once by Load and immutable after it. Validate refuses combinations that are unsafe before anything listens.
package config
