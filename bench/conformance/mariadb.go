package conformance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// MariaDB runs a private server on a socket in a temporary folder.
type MariaDB struct {
	dir    string
	server *exec.Cmd
	wire   *wire
}

// mysqlMode is Assay's meaning in MySQL's words: strict, whole GROUP BY, no padding.
const mysqlMode = "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin; SET time_zone='+00:00'; SET group_concat_max_len=1048576; " +
	"SET sql_mode='STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE'"

// StartMariaDB starts a server whose data lies below dir. It returns an error that wraps exec.ErrNotFound where the server is
// not installed.
func StartMariaDB(dir string) (*MariaDB, error) {
	for _, name := range []string{"mariadbd", "mariadb-install-db"} {
		if _, err := exec.LookPath(name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, exec.ErrNotFound)
		}
	}
	data := filepath.Join(dir, "data")
	user := "--user=" + currentUser()
	if out, err := exec.Command("mariadb-install-db", "--no-defaults", user, "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mariadb-install-db: %w: %s", err, out)
	}
	m := &MariaDB{dir: dir}
	m.server = exec.Command("mariadbd", "--no-defaults", user, "--datadir="+data, "--socket="+m.socket(), "--skip-networking", "--innodb-flush-method=nosync",
		"--character-set-server=utf8mb4", "--collation-server=utf8mb4_nopad_bin", "--default-time-zone=+00:00", "--log-error="+filepath.Join(dir, "log"))
	if err := m.server.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		if m.open(context.Background()) == nil {
			return m, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err := m.Close(); err != nil {
		return nil, err
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	return nil, fmt.Errorf("mariadbd did not answer within 20 s: %s", log)
}

func currentUser() string {
	if os.Geteuid() == 0 {
		return "root"
	}
	return os.Getenv("USER")
}

func (m *MariaDB) socket() string { return filepath.Join(m.dir, "sock") }

// Close stops the server.
func (m *MariaDB) Close() error {
	if m.wire != nil {
		m.wire.conn.Close()
	}
	if err := m.server.Process.Kill(); err != nil {
		return err
	}
	_ = m.server.Wait()
	return nil
}

// open connects and gives the session Assay's meaning.
func (m *MariaDB) open(ctx context.Context) error {
	w, err := dial(ctx, m.socket())
	if err != nil {
		return err
	}
	if _, err := w.query("CREATE DATABASE IF NOT EXISTS c; USE c; " + mysqlMode); err != nil {
		w.conn.Close()
		return err
	}
	m.wire = w
	return nil
}

// Create makes the table with a primary-key-free InnoDB table of the same columns.
func (m *MariaDB) Create(ctx context.Context, t Table) error {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		name, typ, _ := strings.Cut(c, " ")
		columns[i] = "`" + name + "` " + mysqlType(typ)
	}
	sql := fmt.Sprintf("DROP TABLE IF EXISTS `%s`; CREATE TABLE `%s` (%s);", t.Name, t.Name, strings.Join(columns, ","))
	rows, err := inserts(t, func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(plainZero(s)) + "'"
	})
	if err != nil {
		return err
	}
	_, err = m.Query(ctx, sql+rows)
	return err
}

// mysqlType gives the types their width in MariaDB.
func mysqlType(typ string) string {
	switch strings.ToUpper(typ) {
	case "VARCHAR":
		return "VARCHAR(500)"
	case "TIMESTAMP":
		return "DATETIME(6) NULL"
	}
	return typ
}

// Drop removes a table.
func (m *MariaDB) Drop(ctx context.Context, name string) error {
	_, err := m.Query(ctx, "DROP TABLE IF EXISTS `"+name+"`")
	return err
}

// Query runs one statement, or several of which the last one's rows count.
func (m *MariaDB) Query(ctx context.Context, sql string) ([][]*string, error) {
	if deadline, ok := ctx.Deadline(); ok {
		if err := m.wire.conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	rows, err := m.wire.query(strings.TrimSuffix(strings.TrimSpace(sql), ";"))
	for _, row := range rows {
		for _, cell := range row {
			if cell != nil {
				*cell = plainZero(*cell)
			}
		}
	}
	return rows, err
}

// plainZero is the one zero that Assay stores and answers: whether MariaDB tells -0 from it depends on its build.
func plainZero(cell string) string {
	if cell == "-0" {
		return "0"
	}
	return cell
}
