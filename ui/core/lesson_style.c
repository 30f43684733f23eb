// A look that is learned apart from what is shown (compute/train/style_tailoring.c): the first list
// are pictures of what is to be drawn, the second ones of how.
#include "ui/core/subject_work_private.h"

#include "compute/i18n.h"
#include "compute/model/defaults.h"

#include <string.h>

enum { CONTENT, STYLE };

static const enum train_role roles[] = {[CONTENT] = ROLE_CONTENT, [STYLE] = ROLE_STYLE};
static const char *const lists[] = {[CONTENT] = N_("Content"), [STYLE] = N_("Style")};
static const char *const describe[] = {
    [CONTENT] =
        N_("What is to be drawn: many things and places, in any look. Of each the square in "
           "the middle counts, and what is in the text beside it (cat.txt for cat.png)."),
    [STYLE] =
        N_("How it is to be drawn: pictures of one look, of other things than the content shows "
           "if you have them."),
};

static const char *objective(guint n)
{
    return "style_tailoring";
}

static bool defaults(const char *model, struct settings *s, GError **error)
{
    return settings_parse(s, "objective", "style_tailoring", error) &&
           settings_parse(s, "keep_best", "0", error) && // no picture tells when a look is learned
           model_defaults(model, "style", s, error);
}

static const char *name_in(const struct subject_draft *d)
{
    const char *name = subject_draft_at(d, STYLE)->word;
    return *name ? name : _("Style");
}

static char *name_of(const struct subject_draft *d)
{
    return g_strdelimit(g_strdup(name_in(d)), G_DIR_SEPARATOR_S, '_'); // of an older draft
}

static char *sentence(const struct subject_draft *d)
{
    return NULL;
}

static GPtrArray *prompts(const struct subject_draft *d)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(list, g_strdup("a photograph of a house by a lake"));
    g_ptr_array_add(list, g_strdup("a photograph of a dog"));
    return list;
}

// The first without any; NULL: all are described.
static const char *undescribed(TinctureSubjectWork *work, const struct subject_entry *e)
{
    for (guint i = 0; !*e->kind && i < e->shots->len; i++) {
        const struct subject_view *view = tincture_subject_work_view(work, e->shots->pdata[i]);
        if (!view->caption) {
            return view->name;
        }
    }
    return NULL;
}

static char *missing(TinctureSubjectWork *work, guint list, const struct model *m)
{
    const struct subject_entry *e = subject_draft_at(&work->draft, list);
    const char *name = e->shots->len ? undescribed(work, e) : NULL;
    if (e->shots->len == 0) {
        return g_strdup(list == CONTENT
                            ? _("Add pictures of what is to be drawn first: the content")
                            : _("Add pictures of how it is to be drawn: the style"));
    }
    if (name) {
        return g_strdup_printf(_("%s comes without a description: say what all such pictures show, "
                                 "or write it into a text of its name beside it"),
                               name);
    }
    if (list == STYLE && strchr(e->word, G_DIR_SEPARATOR)) {
        return g_strdup(_("A style's name is its file's, too, and cannot have a / in it"));
    }
    return list == STYLE && !*e->word ? g_strdup(_("Give the style a name, to find it again by"))
                                      : NULL;
}

static char *done(guint n, const char *usage)
{
    return g_strdup_printf(_("Learned the style: %s"), usage);
}

const struct lesson style_lesson = {
    .name = "style",
    .folder = LIBRARY_STYLES,
    .least = G_N_ELEMENTS(roles),
    .most = G_N_ELEMENTS(roles),
    .roles = roles,
    .title = N_("Learn a Style"),
    .no_start = N_("The style cannot be learned now"),
    .no_save = N_("The style could not be saved"),
    .no_read = N_("What was put in about a style before could not be read"),
    .done = done,
    .start = N_("_Learn This Style"),
    .starts = N_("_Learn This Style"),
    .known = N_("Learned Styles"),
    .word = N_("Name of the style"),
    .kind = N_("Description of those that come without"),
    .lists = lists,
    .describe = describe,
    .objective = objective,
    .defaults = defaults,
    .name_of = name_of,
    .sentence = sentence,
    .prompts = prompts,
    .missing = missing,
};
