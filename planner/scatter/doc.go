// Package scatter runs a plan: it sends the stages that read segments to the nodes that hold them, through a Transport, gathers
// their rows with bounded queues, and runs stage 0 on the coordinator.
//
// Local runs a stage in this process; Loopback does too, but through the wire forms (fragment codec and Arrow IPC frames), so that
// tests show that both give the same bytes. One goroutine per running stage feeds a queue of a few batches; all end before Close
// of the stream returns. planner's Engine calls it.
package scatter
