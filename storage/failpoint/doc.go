// Package failpoint names the steps at which a crash must lose nothing. In an ordinary build Hit does nothing and costs nothing. In
// one with the build tag failpoint, the process kills itself as kill -9 does at the step that ASSAY_FAILPOINT names, so that a test
// can try each of them, where a kill at a random moment finds the narrow ones by luck alone.
package failpoint
