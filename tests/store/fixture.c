#include "tests/store/fixture.h"

#include "tests/temp.h"

static char *all; // of this process: each test makes a folder in it

char *fixture_dir(void)
{
    if (!all) {
        all = g_dir_make_tmp("tincture-store-XXXXXX", NULL);
        g_assert_nonnull(all);
    }
    g_autofree char *pattern = g_build_filename(all, "store-XXXXXX", NULL);
    g_assert_nonnull(g_mkdtemp(pattern));
    return g_steal_pointer(&pattern);
}

char *library_path(const char *dir)
{
    return g_build_filename(dir, "library.db", NULL);
}

struct store *open_ok(const char *dir)
{
    g_autoptr(GError) error = NULL;
    struct store *s = store_open(dir, &error);
    g_assert_no_error(error);
    return s;
}

struct store *open_copy(const char *dir, struct store_copy **copy)
{
    g_autoptr(GError) error = NULL;
    *copy = store_copy_new(dir, &error);
    g_assert_no_error(error);
    g_assert_true(store_copy_fill(*copy, &(struct store_wait){0}, &error));
    g_assert_no_error(error);
    return open_ok(store_copy_dir(*copy));
}

struct store_document make_document(struct store *s, const char *photo)
{
    struct store_document d = {
        .name = g_strdup("a.jpg"),
        .photo = g_strdup(photo),
        .source_prompt = g_strdup("a red apple"),
        .prompt = g_strdup("a \"blue\" apple; DROP TABLE documents"),
        .negative = g_strdup(""),
        .params = g_strdup("{\"steps\":20}"),
        .learn = g_strdup("{}"),
        .seed = G_MAXUINT64,
    };
    g_autoptr(GError) error = NULL;
    g_assert_true(store_document_save(s, &d, &error));
    g_assert_no_error(error);
    g_assert_cmpint(d.id, >, 0);
    return d;
}

void assert_document(struct store *s, const char *prompt)
{
    g_autoptr(GError) error = NULL;
    struct store_document d = {0};
    g_assert_true(store_document_load(s, 0, &d, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(d.prompt, ==, prompt);
    store_document_clear(&d);
}

void set_prompt(struct store *s, const char *prompt)
{
    g_autoptr(GError) error = NULL;
    struct store_document d = {0};
    g_assert_true(store_document_load(s, 0, &d, &error));
    g_free(d.prompt);
    d.prompt = g_strdup(prompt);
    g_assert_true(store_document_save(s, &d, &error));
    g_assert_no_error(error);
    store_document_clear(&d);
}

int fixture_run(void)
{
    const int result = g_test_run();
    if (all) {
        remove_tree(all);
    }
    g_free(all);
    return result;
}
