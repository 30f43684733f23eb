// Subjects that are learned from a few photos each, under words of their own.
#include "ui/core/subject_work_private.h"

#include "compute/i18n.h"

#include "ui/core/subject.h"

#define BETWEEN ", " // subjects of one file

static const char *const lists[SUBJECTS_MOST] = {N_("First Subject"), N_("Second Subject"),
                                                 N_("Third Subject")};

static const char *objective(guint n)
{
    return n > 1 ? "cut_mix_unmix" : "subject";
}

// "<rex> dog, <mia> cat".
static char *name_of(const struct subject_draft *d)
{
    g_autoptr(GString) name = g_string_new(NULL);
    for (guint i = 0; i < d->subjects->len; i++) {
        const struct subject_entry *e = subject_draft_at(d, i);
        g_string_append_printf(name, "%s%s %s", i ? BETWEEN : "", e->word, e->kind);
    }
    return g_strdelimit(g_string_free(g_steal_pointer(&name), FALSE), G_DIR_SEPARATOR_S, '_');
}

// ---- sentences that are drawn on the way --------------------------------------------------------

// "a photograph of a <rex> dog and a <mia> cat".
static char *sentence(const struct subject_draft *d)
{
    g_autoptr(GString) text = g_string_new("a photograph of ");
    for (guint i = 0; i < d->subjects->len; i++) {
        const struct subject_entry *e = subject_draft_at(d, i);
        g_autofree char *words = g_strdup_printf("%s %s", e->word, e->kind);
        g_autofree char *noun = subject_with_article(words);
        g_string_append_printf(text, "%s%s",
                               i == 0                     ? ""
                               : i + 1 < d->subjects->len ? ", "
                                                          : " and ",
                               noun);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

// Of one subject two scenes; of several each in one, and all of them together.
static GPtrArray *prompts(const struct subject_draft *d)
{
    static const char *const scenes[] = {"on a beach", "in the snow", "on grass"};
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    const guint n = d->subjects->len;
    for (guint i = 0; i < MAX(n, 2); i++) {
        g_autofree char *one = subject_entry_sentence(subject_draft_at(d, i % n));
        g_ptr_array_add(list, g_strdup_printf("%s %s", one, scenes[i]));
    }
    if (n > 1) {
        g_ptr_array_add(list, sentence(d));
    }
    return list;
}

// ---- what is in the way -------------------------------------------------------------------------

// "the dog", or where nothing says what it is, which one.
static char *the_subject(TinctureSubjectWork *work, guint subject)
{
    static const char *const which[SUBJECTS_MOST] = {
        N_("the first subject"), N_("the second subject"), N_("the third subject")};
    const struct subject_entry *e = subject_draft_at(&work->draft, subject);
    return work->draft.subjects->len == 1 ? g_strdup(_("the subject"))
           : *e->kind                     ? g_strdup_printf(_("the “%s”"), e->kind)
                                          : g_strdup(_(which[subject]));
}

static char *unmasked(TinctureSubjectWork *work, const struct subject_entry *e)
{
    for (guint i = 0; i < e->shots->len; i++) {
        const struct subject_shot *shot = e->shots->pdata[i];
        if (!tincture_subject_work_has_mask(work, shot)) {
            return g_strdup_printf(
                _("Pairs of segments need a mask of every photo, and %s has none: "
                  "mask it, or choose halves"),
                tincture_subject_work_view(work, shot)->name);
        }
    }
    return NULL;
}

static char *missing(TinctureSubjectWork *work, guint subject, const struct model *m)
{
    const struct subject_entry *e = subject_draft_at(&work->draft, subject);
    g_autofree char *the = the_subject(work, subject);
    if (e->shots->len == 0) {
        return g_strdup_printf(_("Add photos of %s first: three to five, from different sides"),
                               the);
    }
    if (!*e->kind) {
        return g_strdup_printf(_("Say what %s is, in a word that the model knows, such as dog"),
                               the);
    }
    char *fault = tincture_subject_work_word_fault(work, subject, m);
    return fault || !tincture_subject_work_needs_masks(work) ? fault : unmasked(work, e);
}

static char *done(guint subjects, const char *usage)
{
    return g_strdup_printf(P_("Learned the subject: %s", "Learned the subjects: %s", subjects),
                           usage);
}

const struct lesson subject_lesson = {
    .name = "subject",
    .folder = LIBRARY_SUBJECTS,
    .least = 1,
    .most = SUBJECTS_MOST,
    .tokens = true,
    .title = N_("Learn a Subject"),
    .no_start = N_("The subject cannot be learned now"),
    .no_save = N_("The subject could not be saved"),
    .no_read = N_("What was put in about a subject before could not be read"),
    .done = done,
    .start = N_("_Learn This Subject"),
    .starts = N_("_Learn These Subjects"),
    .known = N_("Learned Subjects"),
    .word = N_("Word, for this one alone"),
    .kind = N_("What it is, such as dog, cup or house"),
    .lists = lists,
    .objective = objective,
    .defaults = subject_defaults,
    .name_of = name_of,
    .sentence = sentence,
    .prompts = prompts,
    .missing = missing,
};
