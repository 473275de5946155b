package server

import (
	"net/http"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/coverage"
	"github.com/assaydb/assay/ingest/inbox"
)

// route is one line of the API: what is served and what the OpenAPI document says of it.
type route struct {
	method, path string // the path in OpenAPI's form, /v1/tables/{t}
	id, tag      string // operationId and group
	summary      string
	query        []string // names of its URL parameters
	body         string   // media type of the request body, empty for none
	bodies       []string // further ones
	answers      []answer
	public       bool // needs no token
	handle       func(http.ResponseWriter, *http.Request) error
}

// answer is one successful outcome.
type answer struct {
	status int
	media  string
	says   string
}

const (
	jsonMedia    = "application/json"
	csvMedia     = "text/csv"
	ndjsonMedia  = "application/x-ndjson"
	sqlMedia     = "application/sql"
	eventMedia   = "text/event-stream"
	metricsMedia = "text/plain"
)

func one(status int, media, says string) []answer { return []answer{{status, media, says}} }

// loadMedia are the media types of files beside CSV.
func loadMedia() []string {
	return []string{ndjsonMedia, "application/jsonl", "application/vnd.apache.parquet", "multipart/form-data"}
}

func lists() []string { return []string{"limit", "cursor"} }

// table is every route of the server.
func (s *Server) table() []route {
	all := s.sqlRoutes()
	all = append(all, s.tableRoutes()...)
	all = append(all, s.deliveryRoutes()...)
	all = append(all, s.uploadRoutes()...)
	all = append(all, s.slotRoutes()...)
	all = append(all, s.inboxRoutes()...)
	return append(all, s.clusterRoutes()...)
}

func (s *Server) sqlRoutes() []route {
	rows := one(200, jsonMedia, "the rows, in the format asked for")
	return []route{
		{method: "GET", path: "/v1/sql", id: "querySQL", tag: "sql", summary: "Run one read-only statement", query: sqlParams(), answers: rows, handle: s.handleSQL},
		{method: "POST", path: "/v1/sql", id: "runSQL", tag: "sql", summary: "Run one statement", query: sqlParams(), body: sqlMedia, answers: rows, handle: s.handleSQL},
		{method: "POST", path: "/v1/queries", id: "startQuery", tag: "queries", summary: "Run one read-only statement in the background", query: sqlParams(), body: sqlMedia, answers: one(202, jsonMedia, "the query"), handle: s.handleStartQuery},
		{method: "GET", path: "/v1/queries", id: "listQueries", tag: "queries", summary: "List background queries", query: lists(), answers: one(200, jsonMedia, "a page of queries"), handle: s.handleQueries},
		{method: "GET", path: "/v1/queries/{id}", id: "getQuery", tag: "queries", summary: "State of a background query", answers: one(200, jsonMedia, "the query"), handle: s.handleQuery},
		{method: "DELETE", path: "/v1/queries/{id}", id: "cancelQuery", tag: "queries", summary: "Cancel a background query, or drop its result", answers: one(200, jsonMedia, "the query"), handle: s.handleCancelQuery},
		{method: "GET", path: "/v1/queries/{id}/results", id: "getResults", tag: "queries", summary: "Rows of a background query; takes Range and If-None-Match", query: []string{"format", "download"}, answers: one(200, jsonMedia, "the rows"), handle: s.handleResults},
	}
}

func (s *Server) tableRoutes() []route {
	receipt := []answer{{201, jsonMedia, "the receipt"}, {200, jsonMedia, "the receipt of the same content, in force already, or of a rehearsal; of a form with several files, a list"}, {202, jsonMedia, "the receipt; the delivery waits for approval"}}
	load := func(method, id string) route {
		return route{method: method, path: "/v1/tables/{t}/load", id: id, tag: "load", summary: "Load a file of CSV, JSON Lines or Parquet, or the files of a form", query: bodyParams(), body: csvMedia, bodies: loadMedia(), answers: receipt, handle: s.handleLoad}
	}
	return []route{
		{method: "GET", path: "/v1/tables", id: "listTables", tag: "tables", summary: "List tables", query: lists(), answers: one(200, jsonMedia, "a page of tables"), handle: s.handleTables},
		{method: "GET", path: "/v1/tables/{t}", id: "getTable", tag: "tables", summary: "Definition and size of a table", answers: one(200, jsonMedia, "the table"), handle: s.handleTable},
		{method: "PUT", path: "/v1/tables/{t}", id: "putTable", tag: "tables", summary: "Create a table or add to its definition", body: jsonMedia, answers: []answer{{201, jsonMedia, "the table, created"}, {200, jsonMedia, "the table, changed"}}, handle: s.handlePutTable},
		{method: "DELETE", path: "/v1/tables/{t}", id: "dropTable", tag: "tables", summary: "Drop a table", answers: one(204, "", "dropped"), handle: s.handleDropTable},
		{method: "POST", path: "/v1/tables/{t}/attach", id: "attachTable", tag: "tables", summary: "Make a table of Parquet files that others wrote, in place; again to take them as they are now", body: jsonMedia, answers: []answer{{201, jsonMedia, "the table, created"}, {200, jsonMedia, "the table, with the files as they are now"}}, handle: s.handleAttach},
		{method: "POST", path: "/v1/tables/{t}/compact", id: "compactTable", tag: "tables", summary: "Merge the table's small segments", answers: one(202, jsonMedia, "the job"), handle: s.handleCompact},
		{method: "GET", path: "/v1/tables/{t}/partitions", id: "listPartitions", tag: "tables", summary: "List partitions", query: lists(), answers: one(200, jsonMedia, "a page of partitions"), handle: s.handlePartitions},
		{method: "GET", path: "/v1/tables/{t}/segments", id: "listSegments", tag: "tables", summary: "List live segments", query: lists(), answers: one(200, jsonMedia, "a page of segments"), handle: s.handleSegments},
		{method: "GET", path: "/v1/tables/{t}/deliveries", id: "listDeliveries", tag: "tables", summary: "List deliveries, newest first: the history of a slot by source and period", query: append(lists(), "source", "period", "state"), answers: one(200, jsonMedia, "a page of deliveries"), handle: s.handleDeliveries},
		{method: "GET", path: "/v1/tables/{t}/ddl", id: "getDDL", tag: "tables", summary: "Statement that makes another engine read the table's mirror", query: []string{"for"}, answers: one(200, sqlMedia, "the statement"), handle: s.handleDDL},
		{method: "GET", path: "/v1/tables/{t}/mappings", id: "listMappings", tag: "load", summary: "List the mappings of sources", query: lists(), answers: one(200, jsonMedia, "a page of mappings"), handle: s.handleMappings},
		{method: "GET", path: "/v1/tables/{t}/mappings/{source}", id: "getMapping", tag: "load", summary: "How a source's columns and options are read", answers: one(200, jsonMedia, "the mapping"), handle: s.handleMapping},
		{method: "PUT", path: "/v1/tables/{t}/mappings/{source}", id: "putMapping", tag: "load", summary: "Set how a source's columns and options are read", body: jsonMedia, answers: one(200, jsonMedia, "the mapping"), handle: s.handlePutMapping},
		{method: "DELETE", path: "/v1/tables/{t}/mappings/{source}", id: "deleteMapping", tag: "load", summary: "Forget a source's mapping", answers: one(204, "", "forgotten"), handle: s.handleDeleteMapping},
		load("PUT", "putLoad"),
		load("POST", "postLoad"),
	}
}

func (s *Server) deliveryRoutes() []route {
	rejects := func(suffix, id, media string) route {
		return route{method: "GET", path: "/v1/deliveries/{id}/rejects" + suffix, id: id, tag: "deliveries", summary: "Rejected records with line, offset, column, reason and raw bytes", answers: one(200, media, "the records"), handle: s.handleRejects}
	}
	return []route{
		{method: "GET", path: "/v1/deliveries/{id}", id: "getDelivery", tag: "deliveries", summary: "Receipt and state of a delivery", answers: one(200, jsonMedia, "the receipt"), handle: s.handleDelivery},
		rejects("", "getRejects", ndjsonMedia),
		rejects(".csv", "getRejectsCSV", csvMedia),
		rejects(".ndjson", "getRejectsNDJSON", ndjsonMedia),
		{method: "GET", path: "/v1/deliveries/{id}/resend.csv", id: "getResend", tag: "deliveries", summary: "The rejected lines as they were sent, an error column in front: correct them and load them with amends=", answers: one(200, csvMedia, "the lines"), handle: s.handleResend},
		{method: "POST", path: "/v1/deliveries/{id}/revert", id: "revertDelivery", tag: "deliveries", summary: "Put back what a delivery replaced", answers: one(200, jsonMedia, "the receipt of the delivery that was taken out"), handle: s.handleRevert},
	}
}

func (s *Server) slotRoutes() []route {
	const expectations, checks, delivery = "/v1/tables/{t}/expectations", "/v1/tables/{t}/checks", "/v1/deliveries/{id}"
	return []route{
		{method: "GET", path: expectations, id: "getExpectations", tag: "slots", summary: "Which deliveries a table should get", answers: one(200, jsonMedia, "the expectations"), handle: s.handleExpectations},
		{method: "PUT", path: expectations, id: "putExpectations", tag: "slots", summary: "Say which deliveries a table should get", body: jsonMedia, answers: one(200, jsonMedia, "the expectations"), handle: s.handlePutExpectations},
		{method: "DELETE", path: expectations, id: "deleteExpectations", tag: "slots", summary: "Expect nothing in particular", answers: one(204, "", "gone"), handle: s.handleDeleteDocument(coverage.Kind)},
		{method: "GET", path: checks, id: "getChecks", tag: "slots", summary: "How a delivery is compared with the period before", answers: one(200, jsonMedia, "the checks"), handle: s.handleChecks},
		{method: "PUT", path: checks, id: "putChecks", tag: "slots", summary: "Say how a delivery is compared, and whether a difference holds it", body: jsonMedia, answers: one(200, jsonMedia, "the checks"), handle: s.handlePutChecks},
		{method: "DELETE", path: checks, id: "deleteChecks", tag: "slots", summary: "Back to the default checks", answers: one(204, "", "gone"), handle: s.handleDeleteDocument(ingest.ChecksKind)},
		{method: "GET", path: "/v1/coverage", id: "getCoverage", tag: "slots", summary: "How every slot stands: expected, missing, held, loaded; late, with rejects, superseded, unexpected", query: append(lists(), "table", "source", "period", "state"), answers: one(200, jsonMedia, "a page of slots"), handle: s.handleCoverage},
		{method: "POST", path: delivery + "/approve", id: "approveDelivery", tag: "slots", summary: "Bring a held delivery into force", answers: one(200, jsonMedia, "the receipt"), handle: s.handleApprove},
		{method: "POST", path: delivery + "/reject", id: "rejectDelivery", tag: "slots", summary: "Give a held delivery up", query: []string{"reason"}, answers: one(200, jsonMedia, "the receipt"), handle: s.handleReject},
	}
}

func (s *Server) inboxRoutes() []route {
	const this = "/v1/inboxes/{name}"
	return []route{
		{method: "GET", path: "/v1/inboxes", id: "listInboxes", tag: "inboxes", summary: "List inboxes", query: lists(), answers: one(200, jsonMedia, "a page of inboxes"), handle: s.handleInboxes},
		{method: "GET", path: this, id: "getInbox", tag: "inboxes", summary: "An inbox and how it stands", answers: one(200, jsonMedia, "the inbox"), handle: s.handleInbox},
		{method: "PUT", path: this, id: "putInbox", tag: "inboxes", summary: "Watch a folder or a prefix of an object store", body: jsonMedia, answers: one(200, jsonMedia, "the inbox"), handle: s.handlePutInbox},
		{method: "DELETE", path: this, id: "deleteInbox", tag: "inboxes", summary: "Watch no longer; what was loaded stays", answers: one(204, "", "gone"), handle: s.handleDeleteInbox},
		{method: "GET", path: this + "/objects", id: "listInboxObjects", tag: "inboxes", summary: "What an inbox knows of its objects", query: lists(), answers: one(200, jsonMedia, "a page of objects"), handle: s.handleInboxObjects("")},
		{method: "GET", path: this + "/dead", id: "listDeadObjects", tag: "inboxes", summary: "Objects that were given up", query: lists(), answers: one(200, jsonMedia, "a page of objects"), handle: s.handleInboxObjects(inbox.Dead)},
		{method: "POST", path: this + "/retry", id: "retryInbox", tag: "inboxes", summary: "Try dead objects again: the one of a key, or all", query: []string{"key"}, answers: one(200, jsonMedia, "how many"), handle: s.handleRetryInbox},
	}
}

func (s *Server) uploadRoutes() []route {
	const all, this = "/v1/uploads", "/v1/uploads/{id}"
	return []route{
		{method: "OPTIONS", path: all, id: "describeUploads", tag: "uploads", summary: "What of tus 1.0 is spoken here", answers: one(204, "", "said in headers"), handle: s.handleTusOptions},
		{method: "POST", path: all, id: "createUpload", tag: "uploads", summary: "Begin a resumable upload (tus 1.0), with its first bytes or without", body: offsetMedia, answers: one(201, "", "begun; Location names it"), handle: s.tus(true, s.handleCreateUpload)},
		{method: "GET", path: all, id: "listUploads", tag: "uploads", summary: "List uploads, newest first", query: lists(), answers: one(200, jsonMedia, "a page of uploads"), handle: s.handleUploads},
		{method: "GET", path: this, id: "getUpload", tag: "uploads", summary: "How far an upload is; HEAD is tus's", answers: one(200, jsonMedia, "the upload"), handle: s.tus(false, s.handleUpload)},
		{method: "PATCH", path: this, id: "appendUpload", tag: "uploads", summary: "Add bytes; the offset in the answer is on disk", body: offsetMedia, answers: one(204, "", "added"), handle: s.tus(true, s.handlePatchUpload)},
		{method: "DELETE", path: this, id: "deleteUpload", tag: "uploads", summary: "Give an upload up", answers: one(204, "", "gone"), handle: s.tus(true, s.handleDeleteUpload)},
		{method: "POST", path: this, id: "overrideUpload", tag: "uploads", summary: "PATCH, DELETE or HEAD as X-HTTP-Method-Override says", body: offsetMedia, answers: one(204, "", "done"), handle: s.tus(true, s.handlePostUpload)},
		{method: "GET", path: this + "/preview", id: "previewUpload", tag: "uploads", summary: "What the first MiB looks like: dialect, columns, types, sample rows", query: ingest.DialectParameters(), answers: one(200, jsonMedia, "what was found"), handle: s.handlePreview},
		{method: "POST", path: this + "/commit", id: "commitUpload", tag: "uploads", summary: "Load a finished upload as a job", query: append([]string{"table"}, loadParams()...), answers: one(202, jsonMedia, "the job; the same one when it is called again"), handle: s.handleCommitUpload},
	}
}

func (s *Server) clusterRoutes() []route {
	return []route{
		{method: "GET", path: "/v1/cluster", id: "getCluster", tag: "cluster", summary: "The cluster on one screen", answers: one(200, jsonMedia, "the cluster"), handle: s.handleCluster},
		{method: "GET", path: "/v1/raft/peers", id: "listPeers", tag: "cluster", summary: "Voters and their indexes", answers: one(200, jsonMedia, "the peers"), handle: s.handlePeers},
		{method: "GET", path: "/v1/config", id: "getConfig", tag: "cluster", summary: "Effective settings and where they come from", answers: one(200, jsonMedia, "the settings"), handle: s.handleConfig},
		{method: "POST", path: "/v1/verify", id: "startVerify", tag: "cluster", summary: "Read every live segment through its checksum", answers: one(202, jsonMedia, "the job"), handle: s.handleStartJob("verify", s.parts.Keeper.Verify)},
		{method: "POST", path: "/v1/repair", id: "startRepair", tag: "cluster", summary: "Remove orphans and bring back missing segments", answers: one(202, jsonMedia, "the job"), handle: s.handleStartJob("repair", s.parts.Keeper.Repair)},
		{method: "GET", path: "/v1/jobs", id: "listJobs", tag: "cluster", summary: "List jobs, newest first, without their results", query: append(lists(), "kind", "state"), answers: one(200, jsonMedia, "a page of jobs"), handle: s.handleJobs},
		{method: "GET", path: "/v1/jobs/{id}", id: "getJob", tag: "cluster", summary: "State and result of a job", answers: one(200, jsonMedia, "the job"), handle: s.handleJob},
		{method: "DELETE", path: "/v1/jobs/{id}", id: "cancelJob", tag: "cluster", summary: "Cancel a job", answers: []answer{{202, jsonMedia, "the job, about to end"}, {200, jsonMedia, "the job, ended"}}, handle: s.handleCancelJob},
		{method: "GET", path: "/v1/jobs/{id}/events", id: "watchJob", tag: "cluster", summary: "Follow a job; Last-Event-ID goes on behind an event", answers: one(200, eventMedia, "server-sent events: phase, progress, end"), handle: s.handleJobEvents},
		{method: "GET", path: "/v1/openapi.json", id: "getOpenAPI", tag: "cluster", summary: "This document", answers: one(200, jsonMedia, "OpenAPI 3.1"), handle: s.handleOpenAPI},
		{method: "GET", path: "/healthz", id: "getHealth", tag: "cluster", summary: "Does the process answer", public: true, answers: one(200, jsonMedia, "it does"), handle: s.handleHealthz},
		{method: "GET", path: "/readyz", id: "getReady", tag: "cluster", summary: "Can the node serve", public: true, answers: one(200, jsonMedia, "it can"), handle: s.handleReadyz},
		{method: "GET", path: "/metrics", id: "getMetrics", tag: "cluster", summary: "Prometheus metrics", answers: one(200, metricsMedia, "the metrics"), handle: s.handleMetrics},
	}
}
