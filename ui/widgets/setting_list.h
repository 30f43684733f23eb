// The rows of a settings value in a panel: those for everybody in a group, the others under Expert.
// They follow the value: choosing another member of a family brings that member's rows.
//
// Thread: main only.
#pragma once

#include "compute/settings.h"
#include <adwaita.h>

G_BEGIN_DECLS

// A person changed the value of a key; it is a row that counts.
typedef void (*setting_changed_fn)(const char *key, double value, gpointer data);

struct setting_list;
// group and expert are borrowed and must outlive the list; expert is shown only while it has rows,
// and NULL where no row is for experts.
// prefix: a row's control is named "prefix.key".
struct setting_list *setting_list_new(AdwPreferencesGroup *group, AdwExpanderRow *expert,
                                      const char *prefix, setting_changed_fn changed,
                                      gpointer data);
// No row for that key, though the value has one, from the next time on that it is shown; NULL: all.
void setting_list_leave_out(struct setting_list *list, const char *key);
// Shows these values, with the rows that count now. TRUE where these are others than before.
gboolean setting_list_show(struct setting_list *list, const struct settings *settings);
// What is typed somewhere and is no value there, as a sentence, newly allocated; NULL: nothing.
// Told each time that something else is typed, once it is asked for.
typedef void (*setting_typed_fn)(gpointer data);
void setting_list_on_typed(struct setting_list *list, setting_typed_fn typed);
char *setting_list_dup_fault(struct setting_list *list);
// As tincture_setting_row_mark(); nothing where there is no such row now.
void setting_list_mark(struct setting_list *list, const char *key, const char *name);
void setting_list_free(struct setting_list *list); // the rows belong to group and expert

G_END_DECLS
