// Asking a window over AT-SPI, as a screen reader does. Objects are a bus name and a path; texts
// are newly allocated, and NULL where the object has just gone.
#pragma once

#include <gio/gio.h>
#include <math.h>

enum {
    ATSPI_CHECKED = 4,
    ATSPI_EXPANDED = 10,
    ATSPI_FOCUSABLE = 11,
    ATSPI_PRESSED = 20,
};

GDBusConnection *atspi_connect(void); // NULL: there is no accessibility bus
GVariant *atspi_call(GDBusConnection *bus, const char *owner, const char *path,
                     const char *interface, const char *method, GVariant *arguments,
                     const char *type);
char *atspi_text(GDBusConnection *bus, const char *owner, const char *path,
                 const char *property); // "Name", "Description"
char *atspi_role(GDBusConnection *bus, const char *owner, const char *path);
double atspi_value(GDBusConnection *bus, const char *owner, const char *path); // NAN: it has none
gboolean atspi_is(GDBusConnection *bus, const char *owner, const char *path, int state);
// It has been seen by now. GTK 4.8 does not say whether it is; what never was has no size.
gboolean atspi_is_placed(GDBusConnection *bus, const char *owner, const char *path);
// It says something, and not the name of a class.
gboolean atspi_is_good_name(const char *name);
