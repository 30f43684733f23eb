// Where a library is: where nothing can be written to it, and where it is removed while it is open.
#include "tests/store/fixture.h"
#include "tests/temp.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_text(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL), *found = NULL;
    g_assert_true(g_file_get_contents(path, &found, NULL, NULL));
    g_assert_cmpstr(found, ==, text);
}

static void put_text(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static char *digest(const char *dir)
{
    g_autofree char *path = library_path(dir), *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)bytes, size);
}

// Rows that the journal alone has are in the copy; what is done to that is not in the library.
static void test_copy(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    struct store_document d = make_document(s, "photos/a.png");
    store_document_clear(&d);
    put_text(dir, "photos/a.png", "a photo");
    put_text(dir, "runs/1.safetensors", "a checkpoint");
    put_text(dir, "workshop.json", "a list");
    g_autofree char *made = g_build_filename(dir, "made", NULL);
    g_assert_cmpint(g_mkdir(made, 0700), ==, 0);
    put_text(dir, "made/cat.safetensors", "an adapter");
    set_prompt(s, "in the journal");
    g_autofree char *before = digest(dir);
    struct store_copy *c;
    struct store *copy = open_copy(dir, &c);
    g_autofree char *where = g_strdup(store_dir(copy));
    assert_document(copy, "in the journal");
    assert_text(where, "photos/a.png", "a photo");
    assert_text(where, "made/cat.safetensors", "an adapter");
    assert_text(where, "workshop.json", "a list");
    put_text(where, "runs/1.safetensors", "a later one");
    put_text(where, "photos/b.png", "another photo");
    set_prompt(copy, "not kept");
    assert_document(copy, "not kept");
    store_close(copy);
    store_copy_free(c);
    g_assert_false(g_file_test(where, G_FILE_TEST_EXISTS));
    g_autofree char *after = digest(dir);
    g_assert_cmpstr(before, ==, after);
    assert_document(s, "in the journal");
    assert_text(dir, "photos/a.png", "a photo");
    assert_text(dir, "runs/1.safetensors", "a checkpoint");
    store_close(s);
}

// What a killed program leaves goes with the next copy; what a living one uses stays.
static void test_copy_left(void)
{
    g_autofree char *dir = fixture_dir();
    store_close(open_ok(dir));
    struct store_copy *here = store_copy_new(dir, NULL);
    int told[2];
    g_assert_cmpint(pipe(told), ==, 0);
    const pid_t child = fork();
    if (child == 0) {
        struct store_copy *left = store_copy_new(dir, NULL);
        const gsize size = strlen(store_copy_dir(left)) + 1;
        _exit(write(told[1], store_copy_dir(left), size) == (ssize_t)size ? 0 : 1);
    }
    char where[4096];
    g_assert_cmpint(read(told[0], where, sizeof where), >, 0);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    close(told[0]);
    close(told[1]);
    g_assert_true(g_file_test(where, G_FILE_TEST_IS_DIR));
    store_copy_free(store_copy_new(dir, NULL));
    g_assert_false(g_file_test(where, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(store_copy_dir(here), G_FILE_TEST_IS_DIR));
    store_copy_free(here);
}

// A place for a library that there cannot be.
static void test_copy_of_nothing(void)
{
    struct store_copy *c;
    struct store *s = open_copy("/proc/none/tincture", &c);
    struct store_document d = make_document(s, "photos/a.png");
    store_document_clear(&d);
    store_close(s);
    store_copy_free(c);
}

struct watch {
    double last, stop; // parts of the whole; stopped behind that
    int n;
    GCancellable *cancel;
};

static void watch_cb(double part, void *data)
{
    struct watch *w = data;
    g_assert_cmpfloat(part, >=, w->last);
    g_assert_cmpfloat(part, <=, 1.0);
    w->last = part;
    w->n++;
    if (w->last > w->stop) {
        g_cancellable_cancel(w->cancel);
    }
}

// Says how far it is, and not for each piece; stopped, it can be opened as a new library, with what
// is only read.
static void test_copy_of_much(void)
{
    g_autofree char *dir = fixture_dir();
    struct store *s = open_ok(dir);
    struct store_document d = make_document(s, "photos/a.png");
    store_document_clear(&d);
    store_close(s);
    put_text(dir, "photos/a.png", "a photo");
    g_autofree char *much = g_strnfill(64 << 20, 'a');
    put_text(dir, "runs/1.safetensors", much);
    for (int i = 0; i < 2; i++) {
        g_autoptr(GCancellable) cancel = g_cancellable_new();
        struct watch watch = {.stop = i ? 0.5 : 2.0, .cancel = cancel};
        g_autoptr(GError) error = NULL;
        const struct store_wait wait = {watch_cb, &watch, cancel};
        struct store_copy *c = store_copy_new(dir, &error);
        g_assert_no_error(error);
        g_assert_true(store_copy_fill(c, &wait, &error) == (i == 0));
        g_assert_cmpint(watch.n, <=, 110);
        g_assert_cmpfloat(watch.last, >, 0.5);
        if (i == 1) {
            g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
            g_assert_cmpfloat(watch.last, <, 0.99);
            store_copy_empty(c);
        }
        s = open_ok(store_copy_dir(c));
        struct store_document found = {0};
        g_assert_true(store_document_load(s, 0, &found, NULL) == (i == 0));
        store_document_clear(&found);
        assert_text(store_copy_dir(c), "photos/a.png", "a photo");
        store_close(s);
        store_copy_free(c);
    }
}

// Removed, with its journal or alone, while it is open: written anew, whole.
static void test_removed(void)
{
    for (int i = 0; i < 2; i++) {
        g_autofree char *dir = fixture_dir();
        g_autofree char *path = library_path(dir);
        g_autofree char *journal = g_strconcat(path, "-wal", NULL);
        g_autoptr(GError) error = NULL;
        struct store *s = open_ok(dir);
        struct store_document d = make_document(s, "photos/a.png");
        store_document_clear(&d);
        bool anew = true;
        g_assert_true(store_stay(s, &anew, &error) && !anew);
        set_prompt(s, "before");
        g_unlink(path);
        if (i == 0) {
            g_autofree char *runs = g_build_filename(dir, "runs", NULL);
            g_unlink(journal);
            g_rmdir(runs);
        }
        g_assert_true(store_stay(s, &anew, &error));
        g_assert_no_error(error);
        g_assert_true(anew);
        assert_document(s, "before");
        g_autofree char *made = g_build_filename(dir, "runs", NULL);
        g_assert_true(g_file_test(made, G_FILE_TEST_IS_DIR));
        set_prompt(s, "after");
        g_assert_true(store_stay(s, &anew, &error) && !anew);
        store_close(s);
        s = open_ok(dir);
        assert_document(s, "after");
        store_close(s);
    }
}

// With another in its place, or without its folder, there is no place for it: told.
static void test_replaced(void)
{
    g_autofree char *dir = fixture_dir(), *other = fixture_dir();
    g_autofree char *path = library_path(dir);
    g_autoptr(GError) error = NULL;
    struct store *s = open_ok(dir);
    bool anew;
    g_unlink(path);
    g_assert_true(g_file_set_contents(path, "another", -1, NULL));
    g_assert_false(store_stay(s, &anew, &error) || anew);
    g_assert_nonnull(strstr(error->message, "removed or replaced"));
    assert_text(dir, "library.db", "another");
    store_close(s);
    g_clear_error(&error);
    s = open_ok(other);
    remove_tree(other);
    g_assert_false(store_stay(s, &anew, &error) || anew);
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    store_close(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/place/removed", test_removed);
    g_test_add_func("/place/replaced", test_replaced);
    g_test_add_func("/place/copy", test_copy);
    g_test_add_func("/place/copy-left", test_copy_left);
    g_test_add_func("/place/copy-of-nothing", test_copy_of_nothing);
    g_test_add_func("/place/copy-of-much", test_copy_of_much);
    return fixture_run();
}
