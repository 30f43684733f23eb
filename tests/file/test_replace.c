// Files replaced as a whole: what a killed program leaves goes with the next one that writes there,
// and what a living one writes stays.
#include "compute/replace.h"

#include "tests/temp.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *folder; // of one test

static int count(const char *prefix)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    int n = 0;
    for (const char *name; (name = g_dir_read_name(dir));) {
        n += g_str_has_prefix(name, prefix);
    }
    g_dir_close(dir);
    return n;
}

static bool replace(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return replacement_whole(path, text, strlen(text), NULL);
}

// What is left is written to the end, or not: a kill may come at any time.
static void write_and_die(bool synced)
{
    g_autofree char *path = g_build_filename(folder, "a", NULL);
    const pid_t child = fork();
    if (child == 0) {
        struct replacement *r = replacement_new(path, NULL);
        if (r && replacement_write(r, "half", 4, NULL) && (!synced || replacement_sync(r, NULL))) {
            raise(SIGKILL);
        }
        _exit(1);
    }
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status));
}

static void test_killed(void)
{
    for (int synced = 0; synced < 2; synced++) {
        g_assert_true(replace("a", "whole"));
        write_and_die(synced);
        g_assert_cmpint(count(".tincture-"), ==, 1);
        g_assert_true(replace("b", "other"));
        g_assert_cmpint(count(".tincture-"), ==, 0);
    }
    write_and_die(false);
    replacement_sweep(folder);
    g_assert_cmpint(count(""), ==, 2);
}

static void test_living(void)
{
    g_autofree char *path = g_build_filename(folder, "c", NULL);
    struct replacement *r = replacement_new(path, NULL);
    g_assert_true(replacement_write(r, "new", 3, NULL));
    g_assert_true(replace("d", "other"));
    g_assert_cmpint(count(".tincture-"), ==, 1);
    g_assert_true(replacement_sync(r, NULL));
    replacement_sweep(folder); // it is still going to take its name
    g_assert_true(replacement_commit(r, NULL));
    replacement_free(r);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "new");
}

// What only looks like it, by name or by kind.
static void test_others(void)
{
    static const char *const names[] = {".tincture-my-notes", ".tincture-", "tincture-abcdef"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        g_assert_true(g_file_set_contents(path, "mine", -1, NULL));
    }
    g_autofree char *outside = g_build_filename(folder, "outside", NULL);
    g_autofree char *link = g_build_filename(folder, ".tincture-linked", NULL);
    g_autofree char *pipe = g_build_filename(folder, ".tincture-apipes", NULL);
    g_assert_true(g_file_set_contents(outside, "mine", -1, NULL));
    g_assert_cmpint(symlink(outside, link), ==, 0);
    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    const int before = count("");
    replacement_sweep(folder);
    g_assert_cmpint(count(""), ==, before);
}

static void *hammer(void *name)
{
    int done = 0;
    for (int i = 0; i < 100; i++) {
        done += replace(name, "text");
    }
    return GINT_TO_POINTER(done);
}

static void test_at_once(void)
{
    static char *const names[] = {"e", "f", "g", "e"};
    GThread *threads[G_N_ELEMENTS(names)];
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        threads[i] = g_thread_new("hammer", hammer, names[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(threads[i])), ==, 100);
    }
    g_assert_cmpint(count(".tincture-"), ==, 0);
}

static void in_folder(const void *data)
{
    void (*const *test)(void) = data;
    folder = g_dir_make_tmp("tincture-replace-XXXXXX", NULL);
    (*test)();
    remove_tree(folder);
    g_clear_pointer(&folder, g_free);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(void);
    } tests[] = {
        {"/replace/killed", test_killed},
        {"/replace/living", test_living},
        {"/replace/others", test_others},
        {"/replace/at-once", test_at_once},
    };
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add_data_func(tests[i].path, &tests[i].test, in_folder);
    }
    return g_test_run();
}
