package conformance

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// MariaDB runs a private server on a socket in a temporary folder and asks it through its command-line client.
type MariaDB struct {
	dir    string
	server *exec.Cmd
}

// mysqlMode is Assay's meaning in MySQL's words: strict, whole GROUP BY, no padding.
const mysqlMode = "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin; SET time_zone='+00:00'; SET group_concat_max_len=1048576; " +
	"SET sql_mode='STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE'; "

// StartMariaDB starts a server whose data lies below dir. It returns an error that wraps exec.ErrNotFound where the server is
// not installed.
func StartMariaDB(dir string) (*MariaDB, error) {
	for _, name := range []string{"mariadbd", "mariadb", "mariadb-install-db"} {
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
		if _, err := m.run(context.Background(), "CREATE DATABASE IF NOT EXISTS c", ""); err == nil {
			return m, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	m.Close()
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
	if err := m.server.Process.Kill(); err != nil {
		return err
	}
	_ = m.server.Wait()
	return nil
}

var mariadbError = regexp.MustCompile(`ERROR (\d+) \([^)]*\)[^:]*: (.*)`)

func (m *MariaDB) run(ctx context.Context, sql, db string) (string, error) {
	cmd := exec.CommandContext(ctx, "mariadb", "--no-defaults", "--socket="+m.socket(), "-uroot", "--batch", "--skip-column-names", "--default-character-set=utf8mb4", db)
	cmd.Stdin = strings.NewReader(mysqlMode + sql)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		if f := mariadbError.FindStringSubmatch(errOut.String()); f != nil {
			n, _ := strconv.Atoi(f[1])
			return "", &Refused{Errno: n, Detail: f[2]}
		}
		return "", fmt.Errorf("mariadb: %w: %s", err, errOut.String())
	}
	return out.String(), nil
}

// Create makes the table with a primary-key-free InnoDB table of the same columns.
func (m *MariaDB) Create(ctx context.Context, t Table) error {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		name, typ, _ := strings.Cut(c, " ")
		columns[i] = "`" + name + "` " + mysqlType(typ)
	}
	sql := fmt.Sprintf("DROP TABLE IF EXISTS `%s`; CREATE TABLE `%s` (%s);", t.Name, t.Name, strings.Join(columns, ","))
	rows, err := inserts(t, func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'" })
	if err != nil {
		return err
	}
	_, err = m.run(ctx, sql+rows, "c")
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
	_, err := m.run(ctx, "DROP TABLE IF EXISTS `"+name+"`", "c")
	return err
}

// Query runs one statement.
func (m *MariaDB) Query(ctx context.Context, sql string) ([][]*string, error) {
	out, err := m.run(ctx, sql, "c")
	if err != nil {
		return nil, err
	}
	var rows [][]*string
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\n"), "\n") {
		if line == "" && out == "" {
			break
		}
		var row []*string
		for cell := range strings.SplitSeq(line, "\t") {
			row = append(row, unescape(cell))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// unescape reverses the batch mode of the client. A text NULL cannot be told from a NULL there; scripts do not use it.
func unescape(cell string) *string {
	if cell == "NULL" {
		return nil
	}
	s := strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\0`, "\x00", `\\`, `\`).Replace(cell)
	return &s
}
