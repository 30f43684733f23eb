// A control as options say it: --control KIND, with pictures.
#include "ui/cli/cli.h"

#include "ui/core/control_set.h"

#include <string.h>

bool cli_control_check(const struct cli *c, GError **error)
{
    const char *wrong = NULL;
    if (!c->images) {
        wrong = "--image is missing: pictures to learn from, or folders of them";
    } else if (c->subjects || c->kind || c->token || c->class_images || c->class_prompt ||
               c->contents || c->styles || c->region) {
        wrong =
            "--subject, --class, --token, --class-image, --class-prompt, --content, --style and "
            "--region are not for a control";
    } else if (!g_str_has_suffix(c->out, ".safetensors")) {
        wrong = "--out: a control is one file, whose name ends in .safetensors";
    }
    if (wrong) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, wrong);
    }
    return !wrong;
}

struct control_set *cli_control_set(struct cli *c, GError **error)
{
    const struct control_request q = {
        .paths = (const char *const *)c->images,
        .n = (int)g_strv_length(c->images),
        .side = c->size,
        .caption = c->prompt,
        .settings = settings_member(c->settings, "objective"),
        .notes = g_ptr_array_new_with_free_func(g_free),
    };
    struct control_set *s = control_set_new(c->engine, &q, &cli_task, error);
    cli_note_pictures(q.notes);
    return s;
}
