//go:build !linux

package engine

import (
	"errors"
	"time"
)

// ProcessCPU is not known here.
func ProcessCPU(int) time.Duration { return 0 }

// Memory is not known here.
func Memory(int) (now, peak int64) { return 0, 0 }

// ResetPeak does nothing here.
func ResetPeak(int) {}

// Evict is not possible here.
func Evict(string) error { return errors.New("this system drops no file from its cache") }
