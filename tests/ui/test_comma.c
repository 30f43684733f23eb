// What the window's own code writes for programs to read has a point in its numbers. Run by
// comma.sh.
#include "compute/gpu/gpu.h"
#include "ui/core/engine.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <locale.h>
#include <string.h>

static void test_recipe(void)
{
    struct settings *settings = settings_new(edit_settings);
    struct edit_request request = {.settings = settings, .prompt = "a tram"};
    struct model model = {.name = "starter"};
    const struct engine_made made = {64, 64, NULL};
    struct adapter adapter = {
        .method = adapter_method_find("svdiff"), .name = "tram", .enabled = true, .scale = 0.5};
    struct adapter *adapters[] = {&adapter};
    g_assert_true(settings_set(settings, "guidance", 7.5, NULL));
    g_autofree char *recipe = engine_recipe(&request, NULL, &model, adapters, 1, &made);
    g_assert_nonnull(strstr(recipe, "CFG scale: 7.5, "));
    g_assert_nonnull(strstr(recipe, "Adapter: tram svdiff 0.5, "));
    settings_free(settings);
}

static void test_trace(void)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("tincture-trace-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_setenv("TINCTURE_TRACE", path, TRUE);
    gpu_trace_end(gpu_trace_begin(), "event", "test");
    fflush(NULL);

    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    *strrchr(text, ',') = ']'; // the array is never closed
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = json_from_string(text, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(json_array_get_length(json_node_get_array(node)), ==, 1);
    g_remove(path);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpstr(localeconv()->decimal_point, ==, ",");
    g_test_add_func("/comma/recipe", test_recipe);
    g_test_add_func("/comma/trace", test_trace);
    return g_test_run();
}
