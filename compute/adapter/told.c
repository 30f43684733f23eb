// What a person is told of an adapter that was read: what of its file is not applied, and how it
// was read where it left something open.
#include "compute/adapter/adapter.h"
#include "compute/i18n.h"

#define NAMED  2   // tensors in the one line
#define LISTED 200 // in the list

char *adapter_remark(const struct adapter *a)
{
    GString *text = g_string_new("");
    for (guint i = 0; i < a->unmatched->len; i++) {
        const char *name = a->unmatched->pdata[i];
        if (i == 0) {
            g_string_append_printf(text,
                                   P_("%u of %d tensors is not applied: %s",
                                      "%u of %d tensors are not applied: %s", a->unmatched->len),
                                   a->unmatched->len, a->tensors_total, name);
        } else if (i < NAMED) {
            g_string_append_printf(text, ", %s", name);
        } else {
            g_string_append_printf(text, _(" and %u more"), a->unmatched->len - i);
            break;
        }
    }
    for (guint i = 0; i < a->notes->len; i++) {
        g_string_append_printf(text, "%s%s", text->len ? "; " : "", (char *)a->notes->pdata[i]);
    }
    return g_string_free(text, text->len == 0);
}

char *adapter_remarks(const struct adapter *a)
{
    GString *text = g_string_new("");
    for (guint i = 0; i < a->notes->len; i++) {
        g_string_append_printf(text, "%s\n", (char *)a->notes->pdata[i]);
    }
    if (a->unmatched->len > 0) {
        g_string_append_printf(text,
                               P_("%u of %d tensors is not applied:",
                                  "%u of %d tensors are not applied:", a->unmatched->len),
                               a->unmatched->len, a->tensors_total);
        g_string_append_c(text, '\n');
    }
    for (guint i = 0; i < MIN(a->unmatched->len, LISTED); i++) {
        g_string_append_printf(text, "%s\n", (char *)a->unmatched->pdata[i]);
    }
    if (a->unmatched->len > LISTED) {
        g_string_append_printf(text, _("and %u more"), a->unmatched->len - LISTED);
        g_string_append_c(text, '\n');
    }
    if (text->len > 0) {
        g_string_truncate(text, text->len - 1);
    }
    return g_string_free(text, text->len == 0);
}
