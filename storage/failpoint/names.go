package failpoint

// Names are all steps, in the order in which a file passes them: as it is received, recorded, loaded, sealed, committed; then those of
// inboxes and decisions. A test of cmd/assay holds them against the calls of Hit.
var Names = []string{
	// An upload in pieces.
	"upload/data-made",
	"upload/created",
	"upload/bytes-written",
	"upload/bytes-synced",
	"upload/offset-written",
	"upload/offset-noted",
	"upload/piece-counted",
	"upload/commit-recorded",
	"upload/job-begun",
	"upload/intent-noted",
	"upload/loaded",
	"upload/spent",
	"upload/truncated",

	// A record file of a job, an upload or an inbox, and a job.
	"record/written",
	"record/synced",
	"record/renamed",
	"record/durable",
	"job/recorded",
	"job/worked",
	"job/ended",

	// A load.
	"load/spool-made",
	"load/spooled",
	"load/converted",
	"load/read-back",
	"load/side-files",
	"load/sealed",
	"load/proposing",
	"load/proposed",
	"load/answering",
	"load/answered",

	// The files of a delivery.
	"draft/made",
	"draft/file-written",
	"draft/file-synced",
	"draft/segment-settled",
	"draft/folder-synced",
	"draft/target-made",
	"draft/target-synced",
	"draft/moved",
	"draft/table-synced",
	"draft/sealed",

	// A command of the catalog.
	"catalog/to-be-logged",
	"catalog/logged",
	"catalog/applying",
	"catalog/applied",

	// An inbox.
	"inbox/spec-kept",
	"inbox/listed",
	"inbox/due",
	"inbox/intent-noted",
	"inbox/loaded",
	"inbox/recorded",

	// What becomes of a delivery.
	"hold/proposing",
	"hold/proposed",
	"approve/checked",
	"decide/proposing",
	"decide/proposed",
	"revert/proposing",
	"revert/proposed",
}
