// Pictures with a description each, as options say them: --content and --style of a style, or
// --image.
#include "ui/cli/cli.h"

#include "ui/core/picture_set.h"

bool cli_style_check(const struct cli *c, GError **error)
{
    const char *wrong = NULL;
    if (!c->contents || !c->styles) {
        wrong = c->styles ? "--content is missing: pictures of what is shown, or a folder of them"
                          : "--style is missing: pictures of how it is drawn, or a folder of them";
    } else if (c->images || c->subjects || c->kind || c->token || c->class_images ||
               c->class_prompt || c->region) {
        wrong = "--image, --subject, --class, --token, --class-image, --class-prompt and --region "
                "are not for a style, which has --content and --style";
    }
    if (wrong) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, wrong);
    }
    return !wrong;
}

static bool add(struct cli *c, struct picture_set *s, char *const *paths, enum train_role role,
                GError **error)
{
    const struct picture_request q = {
        .paths = (const char *const *)paths,
        .n = paths ? (int)g_strv_length((char **)paths) : 0,
        .side = c->size,
        .caption = c->prompt,
        .role = role,
        .notes = g_ptr_array_new_with_free_func(g_free),
    };
    const bool ok = picture_set_add(s, c->engine, &q, &cli_task, error);
    cli_note_pictures(q.notes);
    return ok;
}

struct picture_set *cli_picture_set(struct cli *c, GError **error)
{
    struct picture_set *s = picture_set_new();
    if (!add(c, s, c->contents, ROLE_CONTENT, error) || !add(c, s, c->styles, ROLE_STYLE, error) ||
        !add(c, s, c->images, ROLE_INSTANCE, error)) {
        g_clear_pointer(&s, picture_set_free);
    }
    return s;
}
