package catalog

import "slices"

// treeFill is the most keys a node holds: large enough for shallow trees, small enough that copying a path costs a few KiB.
const treeFill = 32

// ordered is a key that knows its order.
type ordered[K any] interface{ compare(K) int }

// tree is a sorted map as a copy-on-write B+tree. A node belongs to the generation that made it: the tree changes nodes of its
// own generation in place and copies the others, so freezing is one assignment and a change after it copies one path.
//
// Deletion drops empty nodes and does not merge small ones: deletions come from purges alone, which empty whole key ranges.
type tree[K ordered[K], V any] struct {
	root *node[K, V]
	size int
	gen  uint64
}

// node is a leaf (vals) or an inner node (kids). The key of a kid is a lower bound of its keys; that of the first is unbounded.
type node[K ordered[K], V any] struct {
	gen  uint64
	keys []K
	vals []V
	kids []*node[K, V]
}

func (t *tree[K, V]) get(k K) (v V, ok bool) {
	n := t.root
	if n == nil {
		return v, false
	}
	for n.kids != nil {
		n = n.kids[n.child(k)]
	}
	if i, found := n.search(k); found {
		return n.vals[i], true
	}
	return v, false
}

// set puts v at k.
func (t *tree[K, V]) set(k K, v V) {
	if t.root == nil {
		t.root = t.leaf()
	}
	root, right, added := t.insert(t.root, k, v)
	if added {
		t.size++
	}
	t.root = root
	if right != nil {
		t.root = &node[K, V]{gen: t.gen, keys: grown([]K{root.keys[0], right.keys[0]}), kids: grown([]*node[K, V]{root, right})}
	}
}

// delete removes k and reports whether it was there.
func (t *tree[K, V]) delete(k K) bool {
	if _, ok := t.get(k); !ok {
		return false
	}
	t.root = t.remove(t.root, k)
	for t.root != nil && len(t.root.kids) == 1 {
		t.root = t.root.kids[0]
	}
	t.size--
	return true
}

// ascend calls fn for keys from k upwards until it returns false.
func (t *tree[K, V]) ascend(k K, fn func(K, V) bool) {
	if t.root != nil {
		t.root.ascend(k, true, fn)
	}
}

// all calls fn for every key in order until it returns false.
func (t *tree[K, V]) all(fn func(K, V) bool) {
	var zero K
	if t.root != nil {
		t.root.ascend(zero, false, fn)
	}
}

// descend calls fn for keys from k downwards until it returns false.
func (t *tree[K, V]) descend(k K, fn func(K, V) bool) {
	if t.root != nil {
		t.root.descend(k, true, fn)
	}
}

func (t *tree[K, V]) leaf() *node[K, V] {
	return &node[K, V]{gen: t.gen, keys: make([]K, 0, treeFill), vals: make([]V, 0, treeFill)}
}

// own returns n itself when this generation made it, else a copy.
func (t *tree[K, V]) own(n *node[K, V]) *node[K, V] {
	if n.gen == t.gen {
		return n
	}
	c := &node[K, V]{gen: t.gen, keys: grown(n.keys)}
	if n.kids != nil {
		c.kids = grown(n.kids)
	} else {
		c.vals = grown(n.vals)
	}
	return c
}

// grown copies s into a slice with room for a full node.
func grown[T any](s []T) []T { return append(make([]T, 0, treeFill), s...) }

func (t *tree[K, V]) insert(n *node[K, V], k K, v V) (self, right *node[K, V], added bool) {
	n = t.own(n)
	if n.kids != nil {
		i := n.child(k)
		if i == 0 && k.compare(n.keys[0]) < 0 {
			n.keys[0] = k // stays a lower bound, so that the keys stay in order when the first kid splits
		}
		n.kids[i], right, added = t.insert(n.kids[i], k, v)
		if right == nil {
			return n, nil, added
		}
		key, kid := right.keys[0], right
		if right = t.split(n, i+1); right != nil && i+1 >= len(n.keys) {
			j := i + 1 - len(n.keys)
			right.keys, right.kids = slices.Insert(right.keys, j, key), slices.Insert(right.kids, j, kid)
			return n, right, added
		}
		n.keys, n.kids = slices.Insert(n.keys, i+1, key), slices.Insert(n.kids, i+1, kid)
		return n, right, added
	}
	i, found := n.search(k)
	if found {
		n.vals[i] = v
		return n, nil, false
	}
	if right = t.split(n, i); right != nil && i >= len(n.keys) {
		j := i - len(n.keys)
		right.keys, right.vals = slices.Insert(right.keys, j, k), slices.Insert(right.vals, j, v)
		return n, right, true
	}
	n.keys, n.vals = slices.Insert(n.keys, i, k), slices.Insert(n.vals, i, v)
	return n, right, true
}

// split makes room in a full node for an insertion at position at, moving its upper part to a new node. Keys that come in order
// leave full nodes behind them: then nothing moves.
func (t *tree[K, V]) split(n *node[K, V], at int) *node[K, V] {
	if len(n.keys) < treeFill {
		return nil
	}
	cut := treeFill / 2
	if at == treeFill {
		cut = treeFill
	}
	right := &node[K, V]{gen: t.gen, keys: grown(n.keys[cut:])}
	if n.kids != nil {
		right.kids = grown(n.kids[cut:])
		clear(n.kids[cut:])
		n.kids = n.kids[:cut]
	} else {
		right.vals = grown(n.vals[cut:])
		clear(n.vals[cut:])
		n.vals = n.vals[:cut]
	}
	clear(n.keys[cut:])
	n.keys = n.keys[:cut]
	return right
}

// remove takes out k, which must be there; it returns nil when nothing is left.
func (t *tree[K, V]) remove(n *node[K, V], k K) *node[K, V] {
	n = t.own(n)
	if n.kids == nil {
		i, _ := n.search(k)
		n.keys, n.vals = slices.Delete(n.keys, i, i+1), slices.Delete(n.vals, i, i+1)
	} else {
		i := n.child(k)
		if kid := t.remove(n.kids[i], k); kid != nil {
			n.kids[i] = kid
			return n
		}
		n.keys, n.kids = slices.Delete(n.keys, i, i+1), slices.Delete(n.kids, i, i+1)
	}
	if len(n.keys) == 0 {
		return nil
	}
	return n
}

// search returns the position of k, or where it would go.
func (n *node[K, V]) search(k K) (int, bool) {
	lo, hi := 0, len(n.keys)
	if hi > 0 && n.keys[hi-1].compare(k) < 0 {
		return hi, false // keys that come in order
	}
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if n.keys[mid].compare(k) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(n.keys) && n.keys[lo].compare(k) == 0
}

// child returns the kid that k belongs to.
func (n *node[K, V]) child(k K) int {
	i, found := n.search(k)
	if found || i == 0 {
		return i
	}
	return i - 1
}

func (n *node[K, V]) ascend(k K, bounded bool, fn func(K, V) bool) bool {
	i := 0
	if n.kids != nil {
		if bounded {
			i = n.child(k)
		}
		for ; i < len(n.kids); i++ {
			if !n.kids[i].ascend(k, bounded, fn) {
				return false
			}
			bounded = false
		}
		return true
	}
	if bounded {
		i, _ = n.search(k)
	}
	for ; i < len(n.keys); i++ {
		if !fn(n.keys[i], n.vals[i]) {
			return false
		}
	}
	return true
}

func (n *node[K, V]) descend(k K, bounded bool, fn func(K, V) bool) bool {
	i := len(n.keys) - 1
	if n.kids != nil {
		if bounded {
			i = n.child(k)
		}
		for ; i >= 0; i-- {
			if !n.kids[i].descend(k, bounded, fn) {
				return false
			}
			bounded = false
		}
		return true
	}
	if bounded {
		at, found := n.search(k)
		i = at - 1
		if found {
			i = at
		}
	}
	for ; i >= 0; i-- {
		if !fn(n.keys[i], n.vals[i]) {
			return false
		}
	}
	return true
}
