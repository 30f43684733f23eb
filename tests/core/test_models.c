// What is told of models that are not loaded: those of a folder, one that does not fit, a card, a
// hash, the same one named twice.
#include "tests/temp.h"
#include "ui/core/model_list.h"

#include <string.h>

static char *model_path(const char *name)
{
    return g_test_build_filename(G_TEST_DIST, "data", "models", name, NULL);
}

static const struct model_entry *entry_of(const GPtrArray *list, const char *path)
{
    const struct model_entry *found = NULL;
    for (guint i = 0; i < list->len; i++) {
        const struct model_entry *entry = list->pdata[i];
        if (g_str_equal(entry->path, path)) {
            g_assert_null(found); // once
            found = entry;
        }
    }
    g_assert_nonnull(found);
    return found;
}

static void test_known(void)
{
    g_autofree char *folder = model_path(""), *sd1 = model_path("sd1"), *sd2 = model_path("sd2");
    const char *const paths[] = {sd1, folder, sd1, NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = model_list_read(paths, sd1, NULL, &error);
    g_assert_no_error(error);
    const struct model_entry *first = entry_of(list, sd1), *other = entry_of(list, sd2);
    g_assert_true(list->pdata[0] == first); // in the order of the paths
    g_assert_null(first->fault);
    g_assert_cmpstr(first->name, ==, "sd1");
    g_assert_nonnull(strstr(first->kind, "Stable Diffusion 1.x"));
    g_assert_nonnull(strstr(first->parts, "U-Net"));
    g_assert_cmpstr(first->precision, ==, "F32");
    g_assert_cmpint(first->bytes, >, 100000);
    g_assert_cmpuint(strlen(first->hash), ==, 64);
    g_assert_null(other->hash); // nobody asked for it
}

static void write_text(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_unfit(void)
{
    g_autofree char *dir = g_dir_make_tmp("tincture-XXXXXX", NULL);
    g_autofree char *nowhere = g_build_filename(dir, "nowhere", NULL);
    write_text(dir, "model_index.json", "{\"_class_name\": \"StableDiffusionXLPipeline\"}");
    const char *const paths[] = {dir, nowhere, NULL};
    g_autoptr(GPtrArray) list = model_list_read(paths, NULL, NULL, NULL);
    g_assert_cmpuint(list->len, ==, 2);
    g_assert_nonnull(strstr(entry_of(list, dir)->fault, "StableDiffusionXLPipeline"));
    g_assert_nonnull(entry_of(list, nowhere)->fault);
    g_assert_null(entry_of(list, nowhere)->kind);
    remove_tree(dir);
}

static void test_stopped(void)
{
    g_autofree char *sd1 = model_path("sd1");
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct task task = {.cancellable = cancel};
    const char *const paths[] = {sd1, NULL};
    g_autoptr(GError) error = NULL;
    g_cancellable_cancel(cancel);
    g_assert_null(model_list_read(paths, NULL, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/models/known", test_known);
    g_test_add_func("/models/unfit", test_unfit);
    g_test_add_func("/models/stopped", test_stopped);
    return g_test_run();
}
