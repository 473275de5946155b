package node

// clusterView is the cluster on one screen.
type clusterView struct {
	Health       string       `json:"health"`
	Leader       string       `json:"leader"`
	Term         uint64       `json:"term"`
	CommitIndex  uint64       `json:"commit_index"`
	CatalogIndex uint64       `json:"catalog_index"`
	Epoch        uint64       `json:"epoch"`
	Members      []memberView `json:"members"`
	Tables       int          `json:"tables"`
	Rows         int64        `json:"rows"`
	Bytes        int64        `json:"bytes"`
	Segments     int64        `json:"segments"`
	Mirror       any          `json:"mirror,omitempty"`
}

type memberView struct {
	ID    string `json:"id"`
	Role  string `json:"role"`
	State string `json:"state"`
}

// Cluster describes the cluster as this node sees it.
func (n *Node) Cluster() any {
	st, counts := n.catalog.Status(), n.catalog.Snapshot().Counts()
	v := clusterView{
		Health: "one node, ready", Leader: st.LeaderID, Term: st.Term, CommitIndex: st.Committed, CatalogIndex: st.Index, Epoch: st.Epoch,
		Members: []memberView{{n.settings.NodeID, n.settings.Role, st.State}},
		Tables:  counts.Tables, Rows: counts.Live.Rows, Bytes: counts.Live.Bytes, Segments: counts.Live.Segments,
	}
	if err := n.Ready(); err != nil {
		v.Health = err.Error()
	}
	if n.mirror != nil {
		v.Mirror = n.mirror.view()
	}
	return v
}

// peerView is one voter.
type peerView struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	LastLog   uint64 `json:"last_log"`
	Committed uint64 `json:"committed"`
	Applied   uint64 `json:"applied"`
}

// Peers lists the voters.
func (n *Node) Peers() any {
	st := n.catalog.Status()
	return []peerView{{st.NodeID, st.State, st.LastLog, st.Committed, st.Applied}}
}
