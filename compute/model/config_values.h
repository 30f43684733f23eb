// Values of a configuration's JSON: each is checked against a range, and options of the reference
// that the networks here do not have are refused by name.
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

// One open file; the first fault ends its reading, and later calls return harmless values.
struct config_reader {
    const char *name; // "unet/config.json"
    JsonObject *root;
    GError *fault;
};

// Makes it the fault, unless there is one already.
void config_refuse(struct config_reader *r, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);
// The member, or NULL where it is absent or null.
JsonNode *config_member(struct config_reader *r, const char *key);
double config_node_number(JsonNode *node); // NaN where it is no number

// standard: where it is absent.
int config_int(struct config_reader *r, const char *key, int standard, int low, int high);
double config_number(struct config_reader *r, const char *key, double standard, double low,
                     double high);
// One that cannot be none: Python's NaN is read as that.
double config_needed(struct config_reader *r, const char *key, double standard, double low,
                     double high);
bool config_bool(struct config_reader *r, const char *key, bool standard);
const char *config_string(struct config_reader *r, const char *key, const char *standard);
// The array under key; NULL where it is absent (a fault if it is another thing).
JsonArray *config_array(struct config_reader *r, const char *key, guint length);
// One number for all levels or a list with one a level.
void config_levels(struct config_reader *r, const char *key, int *out, int levels, int standard,
                   int low, int high);
// One number, also where the file gives the same number in a list.
int config_same(struct config_reader *r, const char *key, int levels, int standard, int low,
                int high);

// Options of the reference that must have the one value that is supported.
void config_expect_int(struct config_reader *r, const char *key, int only);
void config_expect_string(struct config_reader *r, const char *key, const char *only);
void config_expect_false(struct config_reader *r, const char *key);
void config_expect_absent(struct config_reader *r, const char *key);
