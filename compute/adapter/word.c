// Words alone: no weight changes, what is learned are the rows of new words (Gal et al., An Image
// is Worth One Word: Textual Inversion, section 4.1), which training keeps whatever the method.
#include "compute/adapter/private.h"

#include "compute/i18n.h"

static bool word_init(struct adapter *a, GError **error)
{
    return true;
}

static const struct setting word_settings[] = {
    TRAINING_ROWS(500, 1e-3, 1e-3),
    {0},
};

extern const struct adapter_method word_method;
const struct adapter_method word_method = {
    .name = "word",
    .title = N_("A word alone"),
    .summary =
        N_("Learns a new word and leaves the model as it is: textual inversion; a tiny file"),
    .settings = word_settings,
    .level = SETTING_HIDDEN, // one photo is learned without a word
    .words_alone = true,
    .init = word_init,
};
