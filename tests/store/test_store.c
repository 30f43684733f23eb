// The library: rows come back as they went in, an old library moves forward, a bad one is refused
// and left alone.
#include "tests/store/fixture.h"
#include "tests/temp.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_document(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    struct store_document none = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(store_document_load(s, 0, &none, &error));
    g_assert_no_error(error);
    struct store_document d = make_document(s, "photos/1.jpg");
    store_close(s);

    s = open_ok(dir);
    struct store_document back = {0};
    g_assert_true(store_document_load(s, 0, &back, &error));
    g_assert_cmpstr(back.prompt, ==, d.prompt);
    g_assert_cmpstr(back.origin, ==, NULL);
    g_assert_true(back.seed == G_MAXUINT64);
    g_free(back.prompt);
    back.prompt = g_strdup("a green apple");
    g_assert_true(store_document_save(s, &back, &error));
    g_assert_cmpint(back.id, ==, d.id);
    store_document_clear(&back);
    g_assert_true(store_document_find(s, "photos/1.jpg", &back, &error));
    g_assert_cmpstr(back.prompt, ==, "a green apple");
    g_assert_false(store_document_find(s, "photos/2.jpg", &none, &error));
    store_document_clear(&back);
    store_document_clear(&d);
    store_close(s);
}

// Takes a library back to when pictures were in the rows of results.
#define WITHOUT_PICTURES                                                                           \
    WITHOUT_TRASH                                                                                  \
    "ALTER TABLE results ADD COLUMN pixels BLOB NOT NULL DEFAULT x'';"                             \
    "UPDATE results SET pixels = (SELECT pixels FROM pictures WHERE result = results.id);"         \
    "DROP TABLE pictures;"

// A library of the step before: its documents have no place yet, and get one.
static void test_without_place(void)
{
    g_autofree char *dir = fixture_dir();
    g_autofree char *path = library_path(dir);
    struct store *s = open_ok(dir);
    struct store_document d = make_document(s, "photos/1.jpg"), back = {0};
    store_close(s);
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db,
                                 WITHOUT_PICTURES "ALTER TABLE documents DROP COLUMN place;"
                                                  "ALTER TABLE results DROP COLUMN starred;"
                                                  "ALTER TABLE adapters DROP COLUMN from_step;"
                                                  "ALTER TABLE adapters DROP COLUMN to_step;"
                                                  "PRAGMA user_version = 1",
                                 NULL, NULL, NULL),
                    ==, SQLITE_OK);
    sqlite3_close(db);

    g_autoptr(GError) error = NULL;
    s = open_ok(dir);
    g_assert_true(store_document_load(s, d.id, &back, &error));
    g_assert_cmpstr(back.prompt, ==, d.prompt);
    g_assert_cmpstr(back.place, ==, "{}");
    g_free(back.place);
    back.place = g_strdup("{\"region\":[1,2,30,40]}");
    g_assert_true(store_document_save(s, &back, &error));
    store_document_clear(&back);
    store_close(s);
    s = open_ok(dir);
    g_assert_true(store_document_load(s, d.id, &back, &error));
    g_assert_cmpstr(back.place, ==, "{\"region\":[1,2,30,40]}");
    store_document_clear(&back);
    store_document_clear(&d);
    store_close(s);
}

static void test_rows(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    struct store_document d = make_document(s, "photos/1.jpg");
    g_autoptr(GError) error = NULL;

    struct store_adapter a = {.document = d.id,
                              .name = "one",
                              .path = "adapters/1.safetensors",
                              .method = "svdiff",
                              .scale = 0.8,
                              .enabled = true,
                              .listed = true,
                              .from = 250,
                              .to = 700};
    g_assert_true(store_adapter_save(s, &a, &error));
    struct store_adapter again = a, file = a; // a newer row of the same file, and a user's own
    again.id = file.id = 0;
    file.path = "/home/me/two.safetensors";
    g_assert_true(store_adapter_save(s, &again, &error));
    g_assert_true(store_adapter_save(s, &file, &error));
    g_autoptr(GPtrArray) known = store_adapters_known(s, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(known->len, ==, 2);
    g_assert_cmpstr(((struct store_adapter *)known->pdata[0])->name, ==, "one");
    g_assert_cmpstr(((struct store_adapter *)known->pdata[1])->name, ==, "a.jpg: one");
    again.listed = file.listed = false;
    g_assert_true(store_adapter_save(s, &again, &error));
    g_assert_true(store_adapter_save(s, &file, &error));
    a.listed = false;
    g_assert_true(store_adapter_save(s, &a, &error));
    g_autoptr(GPtrArray) adapters = store_adapters(s, d.id, &error);
    g_assert_cmpuint(adapters->len, ==, 3);
    const struct store_adapter *first = adapters->pdata[0];
    g_assert_false(first->listed);
    g_autoptr(GPtrArray) none = store_adapters_known(s, &error);
    g_assert_cmpuint(none->len, ==, 0);
    g_assert_cmpfloat(first->scale, ==, 0.8);
    g_assert_cmpint(first->from, ==, 250);
    g_assert_cmpint(first->to, ==, 700);

    g_autoptr(GBytes) thumb = g_bytes_new_static("0123", 4);
    g_autoptr(GBytes) pixels = g_bytes_new_static("012345", 6);
    struct store_result r = {.document = d.id,
                             .prompt = "p",
                             .recipe = "{}",
                             .thumb = thumb,
                             .thumb_width = 1,
                             .thumb_height = 1,
                             .pixels = pixels,
                             .width = 1,
                             .height = 1,
                             .seconds = 2.5};
    g_assert_true(store_result_save(s, &r, &error));
    g_autoptr(GPtrArray) results = store_results(s, d.id, 10, &error);
    g_assert_cmpuint(results->len, ==, 1);
    g_assert_null(((struct store_result *)results->pdata[0])->pixels);
    struct store_result *full = store_result_load(s, r.id, &error);
    g_assert_true(g_bytes_equal(full->pixels, pixels));
    store_result_free(full);
    g_assert_null(store_result_load(s, 999, &error));
    g_assert_nonnull(error);
    g_clear_error(&error);

    // A row of a document that is not there is refused: foreign keys are on.
    struct store_adapter stray = {.document = 999, .name = "x", .path = "x", .method = "x"};
    g_assert_false(store_adapter_save(s, &stray, &error));
    g_assert_nonnull(error);
    store_document_clear(&d);
    store_close(s);
}

static void test_documents(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    struct store_document first = make_document(s, "photos/1.jpg");
    struct store_document second = make_document(s, "photos/2.jpg");
    g_autoptr(GError) error = NULL;
    const char *const thumbs[] = {"old.", "new."};
    for (size_t i = 0; i < G_N_ELEMENTS(thumbs); i++) {
        g_autoptr(GBytes) bytes = g_bytes_new_static(thumbs[i], 4);
        struct store_result r = {.document = first.id,
                                 .prompt = "p",
                                 .recipe = "{}",
                                 .thumb = bytes,
                                 .thumb_width = 1,
                                 .thumb_height = 1,
                                 .pixels = bytes,
                                 .width = 1,
                                 .height = 1};
        g_assert_true(store_result_save(s, &r, &error));
    }
    g_autoptr(GPtrArray) entries = store_documents(s, &(struct store_query){0}, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(entries->len, ==, 2);
    const struct store_entry *newer = entries->pdata[0], *older = entries->pdata[1];
    g_assert_cmpint(newer->id, ==, second.id);
    struct store_thumb thumb;
    g_assert_false(store_thumb(s, newer->id, &thumb, &error));
    g_assert_null(newer->origin);
    g_assert_cmpint(older->id, ==, first.id);
    g_assert_cmpstr(older->name, ==, "a.jpg");
    g_assert_cmpuint(older->results, ==, 2);
    g_assert_true(store_thumb(s, older->id, &thumb, &error));
    g_assert_cmpmem(g_bytes_get_data(thumb.rgba, NULL), g_bytes_get_size(thumb.rgba), "new.", 4);
    g_bytes_unref(thumb.rgba);
    g_assert_cmpuint(newer->nth, ==, 2); // of that name
    g_assert_cmpuint(older->nth, ==, 1);
    // Times are whole seconds: what is saved next is saved later.
    g_assert_cmpint(
        sqlite3_exec(s->db, "UPDATE documents SET modified = modified - 10", NULL, NULL, NULL), ==,
        SQLITE_OK);
    g_assert_true(store_document_save(s, &first, &error));
    g_autoptr(GPtrArray) newest = store_documents(s, &(struct store_query){.limit = 1}, &error);
    g_assert_cmpuint(newest->len, ==, 1);
    g_assert_cmpint(((const struct store_entry *)newest->pdata[0])->id, ==, first.id);
    store_document_clear(&first);
    store_document_clear(&second);
    store_close(s);
}

// What a run leaves is found once it has left an adapter, and not before.
static void check_learned(struct store *s, struct store_run *run)
{
    struct store_adapter adapter = {
        .document = run->document, .name = "a", .path = "adapters/a.safetensors", .method = "oft"};
    struct store_run learned = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(store_run_learned(s, run->document, &learned, &error));
    g_assert_no_error(error);
    g_assert_true(store_adapter_save(s, &adapter, &error));
    run->adapter = adapter.id;
    g_assert_true(store_run_save(s, run, &error));
    g_assert_true(store_run_learned(s, run->document, &learned, &error));
    g_assert_cmpint(learned.adapter, ==, adapter.id);
    g_assert_true(g_bytes_equal(learned.loss, run->loss));
    g_assert_no_error(error);
    store_run_clear(&learned);
}

static void test_run_survives_kill(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    struct store_document d = make_document(s, "photos/1.jpg");
    g_autoptr(GError) error = NULL;
    const double loss[] = {0.5, 0.4};
    struct store_run run = {.document = d.id,
                            .method = g_strdup("oft"),
                            .learn = g_strdup("{}"),
                            .checkpoint = g_strdup("runs/1.safetensors"),
                            .prompt = g_strdup("p"),
                            .step = 2,
                            .steps = 60,
                            .state = RUN_ACTIVE,
                            .loss = g_bytes_new(loss, sizeof loss)};
    g_assert_true(store_run_save(s, &run, &error));
    // The first connection is never closed, as after kill -9: a second one finds the rows.
    struct store *second = open_ok(dir);
    g_autoptr(GPtrArray) runs = store_runs_unfinished(second, d.id, &error);
    g_assert_cmpuint(runs->len, ==, 1);
    struct store_run *back = runs->pdata[0];
    g_assert_cmpint(back->step, ==, 2);
    g_assert_cmpint(back->state, ==, RUN_ACTIVE);
    g_assert_cmpuint(g_bytes_get_size(back->loss), ==, sizeof loss);
    back->state = RUN_DONE;
    g_assert_true(store_run_save(second, back, &error));
    g_autoptr(GPtrArray) none = store_runs_unfinished(second, d.id, &error);
    g_assert_cmpuint(none->len, ==, 0);
    g_assert_no_error(error);
    check_learned(second, back);
    store_close(second);
    store_run_clear(&run);
    store_document_clear(&d);
    store_close(s);
}

static void test_refused(void)
{
    g_autofree char *dir = fixture_dir();
    g_autofree char *path = g_build_filename(dir, "library.db", NULL);
    const char text[] =
        "this is a letter and no library, however long it may be, and it stays as it was";
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_autoptr(GError) error = NULL;
    g_assert_null(store_open(dir, &error));
    g_assert_nonnull(strstr(error->message, "library.db"));
    g_autofree char *after = NULL;
    g_assert_true(g_file_get_contents(path, &after, NULL, NULL));
    g_assert_cmpstr(after, ==, text);
}

static void test_paths(void)
{
    static const char *const outside[] = {"/etc/passwd",
                                          "../photos/1.png",
                                          "photos/../../1.png",
                                          "photos/..",
                                          "photos//1.png",
                                          "./1",
                                          ""};
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    for (size_t i = 0; i < G_N_ELEMENTS(outside); i++) {
        g_assert_null(store_own_path(s, outside[i]));
    }
    g_autofree char *path = store_own_path(s, "photos/..1.png");
    g_autofree char *expected = g_build_filename(dir, "photos", "..1.png", NULL);
    g_assert_cmpstr(path, ==, expected);
    store_close(s);
}

// Another program that holds the whole library.
static sqlite3 *lock_library(const char *dir)
{
    g_autofree char *path = library_path(dir);
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(
        sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL), ==,
        SQLITE_OK);
    return db;
}

static void *unlock_soon(void *db)
{
    g_usleep(300000);
    sqlite3_close(db);
    return NULL;
}

// A library that another program holds is waited for, and is not called damaged: the advice to move
// it away would lose it.
static void test_busy(void)
{
    g_autofree char *dir = fixture_dir();
    store_close(open_ok(dir));
    GThread *thread = g_thread_new("other", unlock_soon, lock_library(dir));
    store_close(open_ok(dir));
    g_thread_join(thread);

    sqlite3 *other = lock_library(dir);
    g_autoptr(GError) error = NULL;
    g_assert_null(store_open(dir, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_BUSY);
    g_assert_nonnull(strstr(error->message, "locked"));
    g_assert_null(strstr(error->message, "damaged"));
    g_clear_error(&error);
    g_autofree char *path = library_path(dir);
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_false(store_migrate(db, path, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_BUSY);
    sqlite3_close(db);
    sqlite3_close(other);
}

// What people have of version 0.1 opens, with all that is in it.
static void test_moves_forward(void)
{
    g_autofree char *dir = fixture_dir();
    g_autofree char *path = library_path(dir);
    store_close(open_ok(dir));
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(
        sqlite3_exec(
            db,
            WITHOUT_PICTURES
            "ALTER TABLE documents DROP COLUMN place;"
            "ALTER TABLE results DROP COLUMN starred;"
            "ALTER TABLE adapters DROP COLUMN from_step;"
            "ALTER TABLE adapters DROP COLUMN to_step; PRAGMA user_version = 1;"
            "INSERT INTO documents (id, name, photo, modified) VALUES (1, 'a', 'b', 2);"
            "INSERT INTO adapters (id, document, name, path, method) "
            "VALUES (2, 1, 'a', 'b', 'lora');"
            "INSERT INTO results (id, document, created, prompt, recipe, thumb, thumb_width, "
            "thumb_height, pixels, width, height, seconds) "
            "VALUES (3, 1, 4, 'p', '{}', x'00', 1, 1, x'07', 1, 1, 5)",
            NULL, NULL, NULL),
        ==, SQLITE_OK);
    sqlite3_close(db);
    struct store *s = open_ok(dir);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) adapters = store_adapters(s, 1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(adapters->len, ==, 1);
    g_assert_cmpint(((const struct store_adapter *)adapters->pdata[0])->to, ==, 0);
    for (int starred = 0; starred < 2; starred++) {
        struct store_result *r = store_result_load(s, 3, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(r->prompt, ==, "p");
        g_assert_cmpint(r->starred, ==, starred);
        g_assert_cmpmem(g_bytes_get_data(r->pixels, NULL), g_bytes_get_size(r->pixels), "\7", 1);
        store_result_free(r);
        g_assert_true(store_result_star(s, 3, true, &error));
    }
    store_close(s);
}

// A result of the document, of square pictures.
static gint64 add_result(struct store *s, gint64 document, GBytes *thumb, int thumb_side,
                         GBytes *pixels, int side)
{
    struct store_result r = {.document = document,
                             .prompt = "p",
                             .recipe = "{}",
                             .thumb = thumb,
                             .thumb_width = thumb_side,
                             .thumb_height = thumb_side,
                             .pixels = pixels,
                             .width = side,
                             .height = side};
    g_assert_true(store_result_save(s, &r, NULL));
    return r.id;
}

// A library of some results with a picture of so many bytes each, the last of which is its number.
enum { PICTURES = 20, PICTURE_BYTES = 1 << 17 };

static void add_results(const char *dir)
{
    struct store *s = open_ok(dir);
    struct store_document d = make_document(s, "photos/1.jpg");
    g_autoptr(GBytes) thumb = g_bytes_new_static("0123", 4);
    for (int i = 1; i <= PICTURES; i++) {
        guint8 *bytes = g_malloc0(PICTURE_BYTES);
        bytes[PICTURE_BYTES - 1] = (guint8)i;
        g_autoptr(GBytes) pixels = g_bytes_new_take(bytes, PICTURE_BYTES);
        g_assert_cmpint(add_result(s, d.id, thumb, 1, pixels, 1), ==, i);
    }
    store_document_clear(&d);
    store_close(s);
}

static void assert_results(struct store *s)
{
    g_autoptr(GPtrArray) results = store_results(s, 1, 2 * PICTURES, NULL);
    g_assert_cmpuint(results->len, ==, PICTURES);
    for (int i = 1; i <= PICTURES; i++) {
        struct store_result *r = store_result_load(s, i, NULL);
        const guint8 *bytes = g_bytes_get_data(r->pixels, NULL);
        g_assert_cmpuint(g_bytes_get_size(r->pixels), ==, PICTURE_BYTES);
        g_assert_cmpuint(bytes[PICTURE_BYTES - 1], ==, i);
        store_result_free(r);
    }
}

static void exec_ok(const char *dir, const char *sql)
{
    g_autofree char *path = library_path(dir);
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(db);
}

static int version_of(const char *dir)
{
    g_autofree char *path = library_path(dir);
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    sqlite3_stmt *q = store_prepare(db, "PRAGMA user_version", NULL);
    g_assert_true(store_row(db, q, NULL));
    const int version = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return version;
}

// Killed anywhere while it is moved forward, a library is the old one or the new one, and has all.
static void test_killed_on_the_way(void)
{
    g_autofree char *dir = fixture_dir();
    add_results(dir);
    const int newest = version_of(dir);
    bool whole = false;
    for (int delay = 1000; !whole; delay *= 2) { // microseconds
        exec_ok(dir, WITHOUT_PICTURES "PRAGMA user_version = 4");
        const pid_t pid = fork();
        if (pid == 0) {
            store_close(store_open(dir, NULL));
            _exit(0);
        }
        g_usleep((gulong)delay);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        const int version = version_of(dir);
        g_assert_true(version == 4 || version == newest);
        whole = version == newest;
        struct store *s = open_ok(dir);
        assert_results(s);
        store_close(s);
    }
}

// The list does not read pictures: 201 results of 512 x 512.
static void test_list_speed(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    struct store_document d = make_document(s, "photos/1.jpg");
    g_autoptr(GBytes) thumb = g_bytes_new_take(g_malloc0(96 * 96 * 4), 96 * 96 * 4);
    g_autoptr(GBytes) pixels = g_bytes_new_take(g_malloc0(512 * 512 * 6), 512 * 512 * 6);
    for (int i = 0; i < 201; i++) {
        add_result(s, d.id, thumb, 96, pixels, 512);
    }
    for (int i = 0; i < 5; i++) {
        const gint64 begin = g_get_monotonic_time();
        g_autoptr(GPtrArray) results = store_results(s, d.id, 201, NULL);
        g_assert_cmpuint(results->len, ==, 201);
        g_test_message("201 results: %.1f ms", (g_get_monotonic_time() - begin) * 1e-3);
    }
    store_document_clear(&d);
    store_close(s);
}

static void damage_page(const char *dir, int page)
{
    g_autofree char *path = library_path(dir);
    guint8 bytes[4096];
    memset(bytes, 0xff, sizeof bytes);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(pwrite(fd, bytes, sizeof bytes, page * (off_t)sizeof bytes), ==, sizeof bytes);
    close(fd);
}

// The whole file is checked only after the program did not end properly: a large library does not
// delay the start.
static void test_damaged(void)
{
    g_autofree char *dir = fixture_dir();
    g_autofree char *path = library_path(dir);
    g_autofree char *journal = g_strconcat(path, "-wal", NULL);
    store_close(open_ok(dir));
    g_assert_false(g_file_test(journal, G_FILE_TEST_EXISTS));
    damage_page(dir, 4);
    store_close(open_ok(dir));
    g_assert_true(g_file_set_contents(journal, "left by a program that was killed", -1, NULL));
    g_autoptr(GError) error = NULL;
    g_assert_null(store_open(dir, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    g_assert_nonnull(strstr(error->message, "damaged"));
}

// What no version of the program has written is called damaged, and stays as it is.
static void test_foreign(void)
{
    static const char *const changes[] = {
        "PRAGMA user_version = -1",
        "PRAGMA user_version = 0",
        "PRAGMA foreign_keys = OFF; DROP TABLE results",
        "ALTER TABLE documents DROP COLUMN place",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *dir = fixture_dir();
        store_close(open_ok(dir));
        exec_ok(dir, changes[i]);
        for (int again = 0; again < 2; again++) {
            g_autoptr(GError) error = NULL;
            g_assert_null(store_open(dir, &error));
            g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
            g_assert_nonnull(strstr(error->message, "damaged or is no library"));
        }
    }
}

// One that is damaged makes room for a new one, and is kept, each under a name of its own.
static void test_set_aside(void)
{
    g_autofree char *dir = fixture_dir();
    g_autofree char *path = library_path(dir);
    for (int i = 1; i <= 2; i++) {
        g_autofree char *name = g_strdup_printf("library-aside-%d.db", i);
        g_autofree char *expected = g_build_filename(dir, name, NULL);
        g_autofree char *text = g_strdup_printf("no library %d", i);
        g_autofree char *kept = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        g_assert_null(store_open(dir, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
        g_autofree char *aside = store_set_aside(dir, NULL);
        g_assert_cmpstr(aside, ==, expected);
        g_assert_true(g_file_get_contents(aside, &kept, NULL, NULL));
        g_assert_cmpstr(kept, ==, text);
        store_close(open_ok(dir));
    }
}

// Whatever is in a column, a row is texts that can be shown and paths that are not NULL.
static void test_odd_columns(void)
{
    g_autofree char *dir = fixture_dir();
    store_close(open_ok(dir));
    exec_ok(dir, "PRAGMA writable_schema = ON;"
                 "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '');");
    exec_ok(dir, "INSERT INTO documents (id, name, photo, prompt, params, place, seed) VALUES "
                 "(1, CAST(x'61ff62' AS TEXT), NULL, x'ff00ff', 7, NULL, 'seed');"
                 "INSERT INTO adapters (document, scale) VALUES (1, 'much');"
                 "INSERT INTO results (id, document, thumb, width) VALUES (1, 1, 5, -1);"
                 "INSERT INTO runs (document, state) VALUES (1, 99);");
    struct store *s = open_ok(dir);
    struct store_document d = {0};
    g_assert_true(store_document_load(s, 0, &d, NULL));
    const char *const texts[] = {d.name, d.source_prompt, d.prompt, d.params, d.learn, d.place};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_assert_true(texts[i] && g_utf8_validate(texts[i], -1, NULL));
    }
    g_assert_cmpstr(d.photo, ==, "");
    g_assert_null(store_own_path(s, d.photo));
    store_document_clear(&d);
    g_autoptr(GPtrArray) adapters = store_adapters(s, 1, NULL);
    const struct store_adapter *adapter = adapters->pdata[0];
    g_assert_true(adapter->name && adapter->path && adapter->method);
    g_autoptr(GPtrArray) results = store_results(s, 1, 9, NULL);
    const struct store_result *result = results->pdata[0];
    g_assert_true(result->prompt && result->recipe);
    g_autoptr(GPtrArray) runs = store_runs_unfinished(s, 1, NULL);
    const struct store_run *run = runs->pdata[0];
    g_assert_true(run->learn && run->checkpoint && run->prompt);
    store_close(s);
}

static void *open_at_once(void *dir)
{
    g_autoptr(GError) error = NULL;
    struct store *s = store_open(dir, &error);
    g_assert_no_error(error);
    return s;
}

// Programs that are started at the same time on a folder where there is nothing yet.
static void test_first_starts(void)
{
    for (int round = 0; round < 20; round++) {
        g_autofree char *dir = fixture_dir();
        GThread *threads[4];
        for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
            threads[i] = g_thread_new("start", open_at_once, dir);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
            store_close(g_thread_join(threads[i]));
        }
    }
}

// What a killed program was opening is known once; what a living one opens is its own concern.
static void test_opening(void)
{
    g_autofree char *dir = fixture_dir();
    store_close(open_ok(dir));
    const pid_t child = fork();
    if (child == 0) {
        struct store *s = store_open(dir, NULL);
        store_opening(s, "the model, which is a long text");
        store_opening(s, "a photo");
        raise(SIGKILL);
    }
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    struct store *s = open_ok(dir), *other = open_ok(dir);
    g_autofree char *left = store_opening_left(s);
    g_assert_cmpstr(left, ==, "a photo");
    g_assert_null(store_opening_left(s));
    store_opening(s, "another");
    g_assert_null(store_opening_left(other));
    store_opening(other, "the same");
    store_close(other);
    store_close(s); // a program that ends properly leaves nothing
    s = open_ok(dir);
    g_assert_null(store_opening_left(s));
    store_close(s);
}

static void test_newer_refused(void)
{
    g_autofree char *dir = fixture_dir();
    store_close(open_ok(dir));
    g_autofree char *path = g_build_filename(dir, "library.db", NULL);
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, "PRAGMA user_version = 1000", NULL, NULL, NULL), ==,
                    SQLITE_OK);
    sqlite3_close(db);
    g_autoptr(GError) error = NULL;
    g_assert_null(store_open(dir, &error));
    g_assert_nonnull(strstr(error->message, "newer"));
}

static void test_unwritable(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(store_open("/proc/none/tincture", &error));
    g_assert_nonnull(error);
}

// No bytes are a library that was lost where there are photos of it, and a new one where there are
// none.
static void test_emptied(void)
{
    g_autofree char *dir = fixture_dir();
    g_autofree char *path = library_path(dir);
    g_autofree char *photo = g_build_filename(dir, "photos", "a.png", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    store_close(open_ok(dir));
    g_assert_true(g_file_set_contents(photo, "a", 1, NULL));
    store_close(open_ok(dir));
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_assert_null(store_open(dir, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    g_assert_nonnull(strstr(error->message, "is empty, though there are photos"));
    g_free(store_set_aside(dir, NULL));
    store_close(open_ok(dir));
    g_unlink(photo);
}

static void fill_disk(const char *dir, const char *name)
{
    static const char page[4096];
    g_autofree char *path = g_build_filename(dir, name, NULL);
    FILE *f = g_fopen(path, "wb");
    while (fwrite(page, 1, sizeof page, f) == sizeof page && fflush(f) == 0) {
    }
    fclose(f);
}

static void assert_full(GError **error)
{
    g_test_message("%s", (*error)->message);
    g_assert_error(*error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
    g_assert_nonnull(strstr((*error)->message, "the disk is full"));
    g_clear_error(error);
}

// On a file system of its own, where the test may mount one.
static void test_disk(void)
{
    g_autofree char *dir = fixture_dir();
    g_autoptr(GError) error = NULL;
    if (mount("tmpfs", dir, "tmpfs", 0, "size=512k") != 0) {
        g_test_skip("no file system can be mounted here");
        return;
    }
    struct store *s = open_ok(dir);
    struct store_document d = make_document(s, "photos/a.png");
    store_close(s);
    g_assert_cmpint(mount(NULL, dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
    g_assert_null(store_open(dir, &error));
    g_assert_nonnull(strstr(error->message, "cannot be written to where it is: "));
    g_clear_error(&error);
    struct store_copy *c;
    s = open_copy(dir, &c);
    set_prompt(s, "not kept");
    store_close(s);
    store_copy_free(c);
    g_assert_cmpint(mount(NULL, dir, NULL, MS_REMOUNT, "size=512k"), ==, 0);
    s = open_ok(dir);
    fill_disk(dir, "filler");
    g_free(d.name);
    d.name = g_strnfill(512 << 10, 'a');
    g_assert_false(store_document_save(s, &d, &error));
    assert_full(&error);
    store_document_clear(&d);
    store_close(s);
    fill_disk(dir, "what its journal was");
    g_assert_null(store_open(dir, &error));
    assert_full(&error);
    s = open_copy(dir, &c); // which lies on another disk
    assert_document(s, "a \"blue\" apple; DROP TABLE documents");
    store_close(s);
    store_copy_free(c);
    g_assert_cmpint(umount(dir), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/document", test_document);
    g_test_add_func("/store/without-place", test_without_place);
    g_test_add_func("/store/rows", test_rows);
    g_test_add_func("/store/documents", test_documents);
    g_test_add_func("/store/run-survives-kill", test_run_survives_kill);
    g_test_add_func("/store/refused", test_refused);
    g_test_add_func("/store/paths", test_paths);
    g_test_add_func("/store/busy", test_busy);
    g_test_add_func("/store/moves-forward", test_moves_forward);
    g_test_add_func("/store/killed-on-the-way", test_killed_on_the_way);
    if (g_test_perf()) {
        g_test_add_func("/store/list-speed", test_list_speed);
    }
    g_test_add_func("/store/damaged", test_damaged);
    g_test_add_func("/store/foreign", test_foreign);
    g_test_add_func("/store/set-aside", test_set_aside);
    g_test_add_func("/store/odd-columns", test_odd_columns);
    g_test_add_func("/store/first-starts", test_first_starts);
    g_test_add_func("/store/opening", test_opening);
    g_test_add_func("/store/newer-refused", test_newer_refused);
    g_test_add_func("/store/unwritable", test_unwritable);
    g_test_add_func("/store/emptied", test_emptied);
    g_test_add_func("/store/disk", test_disk);
    return fixture_run();
}
