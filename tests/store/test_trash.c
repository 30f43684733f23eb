// The trash and what tidies up: deleted is out of sight and comes back, emptied is gone and the
// file is smaller, a file that two documents use stays, and a kill in between leaves a whole
// library.
#include "tests/store/fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

enum { SIDE = 64, BYTES = SIDE * SIDE * 6 };

static gint64 add_result(struct store *s, gint64 document, const char *prompt, bool starred)
{
    static guint8 noise[BYTES];
    g_autoptr(GBytes) thumb = g_bytes_new_static(noise, 16 * 16 * 4);
    g_autoptr(GBytes) pixels = g_bytes_new_static(noise, BYTES);
    struct store_result r = {.document = document,
                             .prompt = (char *)prompt,
                             .recipe = "{}",
                             .thumb = thumb,
                             .thumb_width = 16,
                             .thumb_height = 16,
                             .pixels = pixels,
                             .width = SIDE,
                             .height = SIDE,
                             .starred = starred};
    g_autoptr(GError) error = NULL;
    g_assert_true(store_result_save(s, &r, &error));
    g_assert_no_error(error);
    return r.id;
}

static gint64 add_document(struct store *s, const char *name, const char *photo)
{
    struct store_document d = {.name = (char *)name,
                               .photo = (char *)photo,
                               .source_prompt = "a photograph of a meadow",
                               .prompt = "a painting",
                               .negative = "",
                               .params = "{}",
                               .learn = "{}"};
    g_autoptr(GError) error = NULL;
    g_assert_true(store_document_save(s, &d, &error));
    g_assert_no_error(error);
    return d.id;
}

// A file of the library, written an hour ago.
static char *add_file(const char *dir, const char *relative)
{
    char *path = g_build_filename(dir, relative, NULL);
    const time_t then = time(NULL) - 3600;
    g_assert_true(g_file_set_contents(path, "file", 4, NULL));
    g_assert_cmpint(utime(path, &(struct utimbuf){then, then}), ==, 0);
    return path;
}

static guint found(struct store *s, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = store_documents(s, &(struct store_query){.words = words}, &error);
    g_assert_no_error(error);
    return list->len;
}

static guint n_results(struct store *s, gint64 document)
{
    g_autoptr(GPtrArray) list = store_results(s, document, 100000, NULL);
    return list->len;
}

static guint n_trash(struct store *s)
{
    g_autoptr(GPtrArray) list = store_trash(s, NULL);
    return list->len;
}

static struct store_use use_of(struct store *s)
{
    struct store_use use;
    g_autoptr(GError) error = NULL;
    g_assert_true(store_use(s, &use, &error));
    g_assert_no_error(error);
    return use;
}

static void assert_well(struct store *s)
{
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_assert_true(store_check(s, &(struct store_wait){0}, faults, &error));
    g_assert_no_error(error);
    for (guint i = 0; i < faults->len; i++) {
        g_test_message("%s", (char *)faults->pdata[i]);
    }
    g_assert_cmpuint(faults->len, ==, 0);
}

static void empty(struct store *s)
{
    const struct store_wait nobody = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) gone = store_trash_files(s, &error);
    g_assert_true(gone && store_trash_empty(s, &nobody, &error) && store_collect(s, gone, &error) &&
                  store_trim(s, &nobody, &error));
    g_assert_no_error(error);
}

// What is deleted is in no list, and comes back as it was.
static void test_there_and_back(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    const gint64 first = add_document(s, "meadow.jpg", "photos/1.jpg");
    const gint64 second = add_document(s, "house.jpg", "photos/2.jpg");
    const gint64 result = add_result(s, first, "a purple dandelion", false);
    struct store_adapter a = {.document = first,
                              .name = "a",
                              .path = "adapters/1.safetensors",
                              .method = "oft",
                              .listed = true};
    g_autoptr(GError) error = NULL;
    g_assert_true(store_adapter_save(s, &a, &error));
    const struct {
        enum store_kind kind;
        gint64 id;
        guint results, adapters, documents, found;
    } cases[] = {{STORE_RESULT, result, 0, 1, 2, 0},
                 {STORE_ADAPTER, a.id, 1, 0, 2, 1},
                 {STORE_DOCUMENT, first, 1, 1, 1, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (int back = 0; back < 2; back++) {
            g_assert_true(back ? store_restore(s, cases[i].kind, cases[i].id, &error)
                               : store_delete(s, cases[i].kind, cases[i].id, &error));
            g_autoptr(GPtrArray) adapters = store_adapters(s, first, NULL);
            g_autoptr(GPtrArray) known = store_adapters_known(s, NULL);
            g_assert_cmpuint(n_results(s, first), ==, back ? 1 : cases[i].results);
            g_assert_cmpuint(adapters->len, ==, back ? 1 : cases[i].adapters);
            g_assert_cmpuint(known->len, ==, back ? 1 : cases[i].kind == STORE_RESULT);
            g_assert_cmpuint(found(s, NULL), ==, back ? 2 : cases[i].documents);
            g_assert_cmpuint(found(s, "dandel"), ==, back ? 1 : cases[i].found);
            g_assert_cmpuint(n_trash(s), ==, !back);
            g_assert_cmpuint(use_of(s).in_trash, ==, !back);
        }
    }
    struct store_document d = {0};
    g_assert_true(store_delete(s, STORE_DOCUMENT, second, &error));
    g_assert_false(store_document_find(s, "photos/2.jpg", &d, &error));
    g_assert_true(store_document_load(s, 0, &d, &error));
    g_assert_cmpint(d.id, ==, first);
    store_document_clear(&d);
    g_assert_false(store_delete(s, STORE_RESULT, 999, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    store_close(s);
}

static void test_search(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    const gint64 meadow = add_document(s, "IMG_2031 Wiese.jpg", "photos/1.jpg");
    const gint64 house = add_document(s, "house.jpg", "photos/2.jpg");
    add_result(s, meadow, "a purple dandelion, Ärger", false);
    add_result(s, house, "an orange door", false);
    const struct {
        const char *words;
        guint found;
    } cases[] = {{"", 2},       {"  ", 2},       {"mead", 2},         {"wie", 1},
                 {"WIESE", 1},  {"2031", 1},     {"argER", 1},        {"jpg", 2},
                 {"purple", 1}, {"urple", 0},    {"purple wiese", 1}, {"purple house", 0},
                 {"\"*(", 2},   {"door OR", 1},  {"NOT door", 0},     {"an or", 1},
                 {"img_20", 1}, {"a\"b* c'", 0}, {"house.jpg", 1},    {"p d a m w i j 2 zzz", 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].words);
        g_assert_cmpuint(found(s, cases[i].words), ==, cases[i].found);
    }
    g_autoptr(GPtrArray) sorted =
        store_documents(s, &(struct store_query){.order = STORE_BY_NAME}, NULL);
    g_assert_cmpint(((struct store_entry *)sorted->pdata[0])->id, ==, house);
    g_autoptr(GPtrArray) first =
        store_documents(s, &(struct store_query){.order = STORE_FIRST}, NULL);
    g_assert_cmpint(((struct store_entry *)first->pdata[0])->id, ==, meadow);
    set_prompt(s, "a lighthouse");
    g_assert_cmpuint(found(s, "lighth"), ==, 1);
    g_assert_cmpuint(found(s, "painting"), ==, 1); // the other one's
    store_close(s);
}

static guint starred(struct store *s)
{
    g_autoptr(GPtrArray) list = store_documents(s, &(struct store_query){.starred = true}, NULL);
    return list->len;
}

// Those with a star, which counts no more in the trash.
static void test_starred(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    const gint64 document = add_document(s, "a.jpg", "photos/1.jpg");
    add_document(s, "b.jpg", "photos/2.jpg");
    add_result(s, document, "plain", false);
    const gint64 plain = add_result(s, document, "plain, too", false);
    g_assert_cmpuint(starred(s), ==, 0);
    const gint64 star = add_result(s, document, "starred", true);
    g_assert_cmpuint(starred(s), ==, 1);
    g_assert_true(store_delete(s, STORE_RESULT, plain, NULL));
    g_assert_cmpuint(starred(s), ==, 1);
    g_assert_true(store_delete(s, STORE_RESULT, star, NULL));
    g_assert_cmpuint(starred(s), ==, 0);
    struct store_thumb thumb;
    g_assert_true(store_result_thumb(s, star, &thumb, NULL));
    g_assert_cmpint(thumb.width, ==, 16);
    g_bytes_unref(thumb.rgba);
    g_assert_false(store_result_thumb(s, 999, &thumb, NULL));
    store_close(s);
}

// A second store of one that is open sees what the first has written, and writes beside it.
static void test_again(void)
{
    g_autofree char *dir = fixture_dir();
    g_autoptr(GError) error = NULL;
    g_assert_null(store_open_again(dir, &error)); // there is none yet, and it makes none
    g_assert_nonnull(error);
    struct store *s = open_ok(dir);
    const gint64 document = add_document(s, "a.jpg", "photos/1.jpg");
    struct store *again = store_open_again(dir, NULL);
    g_assert_cmpuint(found(again, NULL), ==, 1);
    g_assert_true(store_delete(again, STORE_DOCUMENT, document, NULL));
    g_assert_cmpuint(found(s, NULL), ==, 0);
    store_close(again);
    store_close(s);
}

// Results without a star go, but for the newest of each document; only these come back.
static void test_plain(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    const gint64 document = add_document(s, "a.jpg", "photos/1.jpg");
    const gint64 away = add_document(s, "b.jpg", "photos/2.jpg");
    for (int i = 0; i < 10; i++) {
        add_result(s, document, i % 2 ? "starred" : "plain", i % 2);
        add_result(s, away, "elsewhere", false);
    }
    const gint64 newest = add_result(s, document, "newest", false);
    const gint64 before = add_result(s, document, "before", false);
    g_autoptr(GError) error = NULL;
    g_assert_true(store_delete(s, STORE_RESULT, before, &error));
    g_assert_true(store_delete(s, STORE_DOCUMENT, away, &error));
    struct store_use use = use_of(s);
    g_assert_cmpuint(use.plain, ==, 5);
    g_assert_cmpint(use.plain_bytes, ==, 5 * (BYTES + 16 * 16 * 4));
    g_assert_cmpint(use.trash_bytes, ==, 11 * (BYTES + 16 * 16 * 4));
    gint64 when = 0;
    g_assert_true(store_delete_plain(s, NULL, &when, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(n_results(s, document), ==, 6);
    g_assert_cmpuint(found(s, "plain"), ==, 0);
    g_autoptr(GPtrArray) rest = store_results(s, document, 10, NULL);
    g_assert_cmpint(((struct store_result *)rest->pdata[0])->id, ==, newest);
    g_assert_true(store_restore_plain(s, when, &error));
    g_assert_cmpuint(n_results(s, document), ==, 11);
    g_assert_cmpuint(found(s, "plain"), ==, 1);
    g_assert_cmpuint(found(s, "before"), ==, 0);
    assert_well(s);
    store_close(s);
}

// The file gets smaller, also one of an earlier version; what another document uses stays, and so
// does what was just written.
static void check_empty(bool earlier)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    if (earlier) {
        g_assert_true(store_exec(s->db, "PRAGMA auto_vacuum = NONE; VACUUM", NULL));
        store_close(s);
        s = open_ok(dir);
    }
    g_autofree char *shared = add_file(dir, "photos/1.jpg");
    g_autofree char *own = add_file(dir, "photos/2.jpg");
    g_autofree char *adapter = add_file(dir, "adapters/1.safetensors");
    g_autofree char *stray = add_file(dir, "photos/3.jpg");
    g_autofree char *draft = add_file(dir, "runs/subject-1.safetensors");
    g_autofree char *fresh = g_build_filename(dir, "photos/4.jpg", NULL);
    g_assert_true(g_file_set_contents(fresh, "file", 4, NULL));
    const gint64 first = add_document(s, "a.jpg", "photos/1.jpg");
    const gint64 second = add_document(s, "b.jpg", "photos/1.jpg");
    const gint64 third = add_document(s, "c.jpg", "photos/2.jpg");
    struct store_adapter a = {
        .document = third, .name = "a", .path = "adapters/1.safetensors", .method = "oft"};
    g_autoptr(GError) error = NULL;
    g_assert_true(store_adapter_save(s, &a, &error));
    for (int i = 0; i < 100; i++) {
        add_result(s, third, "many", false);
        add_result(s, first, "some", i == 0);
    }
    sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    const goffset before = use_of(s).bytes;
    g_assert_true(store_delete(s, STORE_DOCUMENT, first, &error));
    g_assert_true(store_delete(s, STORE_DOCUMENT, third, &error));
    const goffset trash = use_of(s).trash_bytes;
    g_assert_cmpint(trash, >, 200 * BYTES);
    empty(s);
    g_assert_cmpuint(n_trash(s), ==, 0);
    g_assert_cmpuint(found(s, NULL), ==, 1);
    g_assert_cmpint(before - use_of(s).bytes, >, trash - 65536);
    g_assert_true(g_file_test(shared, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(draft, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(fresh, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(own, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(adapter, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(stray, G_FILE_TEST_EXISTS));
    assert_well(s);
    g_assert_true(store_delete(s, STORE_DOCUMENT, second, &error));
    const gint64 fourth = add_document(s, "d.jpg", "photos/4.jpg"); // opened a moment ago
    g_assert_true(store_delete(s, STORE_DOCUMENT, fourth, &error));
    empty(s);
    g_assert_false(g_file_test(shared, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(fresh, G_FILE_TEST_EXISTS));
    store_close(s);
}

static void test_empty(void)
{
    check_empty(false);
}

static void test_empty_earlier(void)
{
    check_empty(true);
}

// A library from before there was a trash is found by its words.
static void test_moves_forward(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    const gint64 document = add_document(s, "a.jpg", "photos/1.jpg");
    add_result(s, document, "a dandelion", false);
    g_assert_true(store_exec(s->db, WITHOUT_TRASH "PRAGMA user_version = 5", NULL));
    store_close(s);
    s = open_ok(dir);
    g_assert_cmpuint(found(s, "dandelion meadow"), ==, 1);
    g_assert_cmpuint(n_results(s, document), ==, 1);
    assert_well(s);
    store_close(s);
}

static void stopped_cb(double part, void *cancellable)
{
    g_cancellable_cancel(cancellable);
}

// Stopped, the rest stays for the next time.
static void test_stopped(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    const gint64 document = add_document(s, "a.jpg", "photos/1.jpg");
    for (int i = 0; i < 100; i++) {
        add_result(s, document, "many", false);
    }
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    gint64 when;
    g_assert_true(store_delete_plain(s, NULL, &when, &error));
    const struct store_wait wait = {stopped_cb, cancellable, cancellable};
    g_assert_false(store_trash_empty(s, &wait, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    const guint left = n_trash(s);
    g_assert_true(left > 0 && left < 99);
    assert_well(s);
    empty(s);
    g_assert_cmpuint(n_trash(s), ==, 0);
    g_assert_cmpuint(n_results(s, document), ==, 1);
    store_close(s);
}

// Cleaning up is done as a whole or not at all.
static void test_plain_stopped(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    const gint64 document = add_document(s, "a.jpg", "photos/1.jpg");
    for (int i = 0; i < 300; i++) {
        add_result(s, document, "many", false);
    }
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    gint64 when;
    g_cancellable_cancel(cancellable);
    g_assert_false(store_delete_plain(s, cancellable, &when, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpuint(n_trash(s), ==, 0);
    g_assert_cmpuint(n_results(s, document), ==, 300);
    g_assert_cmpuint(found(s, "many"), ==, 1);
    assert_well(s);
    g_clear_error(&error);
    g_assert_true(store_delete_plain(s, NULL, &when, &error));
    g_assert_cmpuint(n_trash(s), ==, 299);
    store_close(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/trash/there-and-back", test_there_and_back);
    g_test_add_func("/store/trash/search", test_search);
    g_test_add_func("/store/trash/starred", test_starred);
    g_test_add_func("/store/trash/again", test_again);
    g_test_add_func("/store/trash/plain", test_plain);
    g_test_add_func("/store/trash/empty", test_empty);
    g_test_add_func("/store/trash/empty-earlier", test_empty_earlier);
    g_test_add_func("/store/trash/moves-forward", test_moves_forward);
    g_test_add_func("/store/trash/stopped", test_stopped);
    g_test_add_func("/store/trash/plain-stopped", test_plain_stopped);
    return fixture_run();
}
