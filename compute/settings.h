// Settings as values: how the member of a family describes what can be set about it, and a value
// that carries that description.
//
// One row of a table is enough for a slider in the window, an option on the command line, a value
// in a saved document, a word in a picture's recipe, a part of a cache key, the help text and the
// range check: all of these are functions over struct settings and know no row by name.
//
// A row that chooses a member of a family (a sampler, an adapter method) brings that member's own
// rows with it. The value keeps those of every member, so that going to another one and back loses
// nothing; only the chosen member's rows count, are printed and are compared.
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

enum setting_kind { SETTING_FLOAT, SETTING_INT, SETTING_SWITCH, SETTING_CHOICE };

// Who is shown a row. All of them are options on the command line and are saved.
enum setting_level {
    SETTING_PLAIN,  // everybody: plain words
    SETTING_EXPERT, // under Expert, in the field's terms
    SETTING_HIDDEN, // nobody: for scripts
};

struct setting;

// What every member of a family begins with, so that a table of any family can be looked through in
// one way. name is what files and the command line say, title what a person reads.
struct member {
    const char *name, *title, *summary;
    const struct setting *settings; // NULL: nothing to set
    enum setting_level level;       // who is offered it
};
// The same fields without a name, for the structs of a family's members to begin with: m->name
// reads as usual, and &m->member is a member of any family.
#define MEMBER_FIELDS                                                                              \
    union {                                                                                        \
        struct member member;                                                                      \
        struct {                                                                                   \
            const char *name, *title, *summary;                                                    \
            const struct setting *settings;                                                        \
            enum setting_level level;                                                              \
        };                                                                                         \
    }
// The i-th member of a family, NULL behind the last one.
typedef const struct member *(*family_fn)(int i);
const struct member *family_find(family_fn family, const char *name); // NULL: no such member

struct settings;
struct setting {
    const char *key;    // "lr": --lr on the command line, "lr" in files
    const char *former; // the key that it had before, which is still read; NULL: none
    const char *title;  // "Learning rate"
    const char *help;   // one sentence
    const char *unit;   // "steps"; NULL where there is none
    enum setting_kind kind;
    enum setting_level level;
    double min, max;               // legal range of numbers; a value outside is an error
    double slider_min, slider_max; // what the slider shows (0, 0: the legal range)
    double def;                    // default; of a choice its index
    bool logarithmic;              // the slider moves in decades
    const char *const *choices;    // of a choice: NULL-terminated names as written in files, or ...
    family_fn family;              // ... the family that is chosen from
    const char *recipe; // what other programs call it in a picture's recipe; NULL: they have none
    unsigned scope;     // bits of the table's owner for settings_key(); 0: everything depends on it
    // Whether it has any effect while the whole value s is as it is; NULL: always. A row without
    // one keeps its value, and is shown grey.
    bool (*matters)(const struct settings *s);
};
// A table is an array of rows that ends with a row whose key is NULL.

struct settings {
    const struct setting *table;
    double *values;             // one a row: number, 0 or 1, index of the choice
    struct settings ***members; // of rows with a family: the settings of each member; else NULL
};

// Defaults. table may be NULL: nothing to set.
struct settings *settings_new(const struct setting *table);
struct settings *settings_copy(const struct settings *s);
// Makes to hold what from holds; both are of one table.
void settings_assign(struct settings *to, const struct settings *from);
// What s has as before had it is from now on as after has it; what differs stays. All are of one
// table, whatever their choices are.
void settings_follow(struct settings *s, const struct settings *before,
                     const struct settings *after);
void settings_free(struct settings *s);

// ---- rows ---------------------------------------------------------------------------------------

// The rows that count: those of the table and, behind each choice of a family, those of the member
// chosen. NULL behind the last one. owner: the value that the row is of, may be NULL.
const struct setting *settings_row(const struct settings *s, int i, struct settings **owner);
// The row of a key among those that count, NULL where there is none.
const struct setting *settings_find(const struct settings *s, const char *key,
                                    struct settings **owner);

// Whether what the key says has any effect now: the row's own word, and that of the choice whose
// member's it is. The key must be a row that counts.
bool settings_matters(const struct settings *s, const char *key);

// What leaves the key without effect: a row that with its default would let it have one. NULL where
// it has one, or where no single row does that.
const struct setting *settings_hindrance(const struct settings *s, const char *key);

// ---- values -------------------------------------------------------------------------------------

// The key must be a row that counts.
double settings_get(const struct settings *s, const char *key);
int settings_int(const struct settings *s, const char *key); // rounded
// The name of what is chosen, and its own settings where it is a member of a family.
const char *settings_choice(const struct settings *s, const char *key);
struct settings *settings_member(const struct settings *s, const char *key);

// False where the key is no row that counts or the value is outside its legal range; the error
// names key, value and range.
bool settings_set(struct settings *s, const char *key, double value, GError **error);

bool settings_equal(const struct settings *a, const struct settings *b);

// ---- text ---------------------------------------------------------------------------------------

// Sets key to what text says, as a file or a person writes it ("0.001", "euler", "on"). A key that
// only another member has is an error that says so.
bool settings_parse(struct settings *s, const char *key, const char *text, GError **error);
// The value of a row as settings_parse() reads it, with all its digits. Newly allocated.
char *settings_print(const struct settings *s, const char *key);

// "steps=20 guidance=3 sampler=ddim eta=0": all rows that count. Newly allocated.
char *settings_text(const struct settings *s);
// The same of the rows that something of this scope depends on: those whose scope has one of its
// bits, and those without a scope. What is kept under such a key needs no change when a row is
// added.
char *settings_key(const struct settings *s, unsigned scope);
// "Steps: 20, CFG scale: 3, Sampler: DDIM, Eta: 0, Structure: 0": what other programs know first,
// and as they name it, then the rest under its title. What has no effect is no part of it.
char *settings_recipe(const struct settings *s);

// As JSON, with the rows of all members: {"steps": 20, "sampler": "ddim", "ddim": {"eta": 0}}.
// write adds the members to the object that is open in builder. read changes only the rows that it
// finds; what is missing, of another kind or out of range stays as it was. It also takes a chosen
// member's rows that stand beside the choice, and a choice by its number, as version 0.1 wrote
// both.
void settings_write_json(const struct settings *s, JsonBuilder *builder);
void settings_read_json(struct settings *s, JsonObject *object);

// ---- for what walks tables ----------------------------------------------------------------------

// All rows of a table and of every member that it can choose, in order; member is NULL for the
// table's own. Stops when fn returns false, and returns false then.
typedef bool (*setting_fn)(const struct setting *row, const struct member *member, void *data);
bool settings_walk(const struct setting *table, setting_fn fn, void *data);
// Checks the legal range of one row; the error names key, value and range.
bool setting_check(const struct setting *row, double value, GError **error);
// A value of the row from text and as text.
bool setting_parse(const struct setting *row, const char *text, double *value, GError **error);
char *setting_print(const struct setting *row, double value);
// Number of choices of a row, and the i-th one's name and title.
int setting_choices(const struct setting *row);
const char *setting_choice_name(const struct setting *row, int i);
const char *setting_choice_title(const struct setting *row, int i);
