#include "ui/core/paths.h"

#include "config.h"

char *paths_resource(const char *relative)
{
    const char *chosen = g_getenv("TINCTURE_RESOURCES");
    const char *const dirs[] = {chosen && *chosen ? chosen : TINCTURE_DATADIR,
                                TINCTURE_SOURCE_RESOURCES};
    for (size_t i = 0; i < G_N_ELEMENTS(dirs); i++) {
        g_autofree char *path = g_build_filename(dirs[i], relative, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS)) {
            return g_steal_pointer(&path);
        }
    }
    return g_build_filename(dirs[0], relative, NULL);
}

char *paths_data(void)
{
    return g_build_filename(g_get_user_data_dir(), "tincture", NULL);
}

char *paths_model(const char *name)
{
    return !name || g_str_equal(name, "starter") ? paths_resource("starter") : g_strdup(name);
}
