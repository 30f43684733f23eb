// A control as options say it: --control KIND, with pictures or folders of them.
#include "ui/cli/cli.h"

#include "ui/core/control_set.h"

#include <string.h>

bool cli_control_check(const struct cli *c, GError **error)
{
    const char *wrong = NULL;
    if (!c->images) {
        wrong = "--image is missing: pictures to learn from, or folders of them";
    } else if (c->subjects || c->kind || c->token || c->class_images || c->class_prompt ||
               c->region) {
        wrong = "--subject, --class, --token, --class-image, --class-prompt and --region are not "
                "for a control";
    } else if (!g_str_has_suffix(c->out, ".safetensors")) {
        wrong = "--out: a control is one file, whose name ends in .safetensors";
    }
    if (wrong) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, wrong);
    }
    return !wrong;
}

static bool add_paths(const char *path, GPtrArray *paths, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_ptr_array_add(paths, g_strdup(path));
        return true;
    }
    g_autoptr(GPtrArray) found = cli_photos_in(path, error);
    if (found) {
        g_ptr_array_extend_and_steal(paths, g_steal_pointer(&found));
        return true;
    }
    return false;
}

struct control_set *cli_control_set(struct cli *c, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; c->images[i]; i++) {
        if (!add_paths(c->images[i], paths, error)) {
            return NULL;
        }
    }
    const struct control_request q = {
        .paths = (const char *const *)paths->pdata,
        .n = (int)paths->len,
        .side = c->size,
        .caption = c->prompt,
        .settings = settings_member(c->settings, "objective"),
    };
    return control_set_new(c->engine, &q, &cli_task, error);
}
