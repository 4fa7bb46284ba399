in vec3 at;
in vec3 facing;
in vec3 place;
in vec4 coat;                      // coating colour, share of light reflected
in vec4 trait;
out vec4 colour;
uniform vec4 tint;                 // colour of the glass, its opacity
uniform float back_curve;          // how differently the back surface is bent
uniform vec3 lens_axis;

void main() {
    vec3 ray = normalize(at);
    vec3 n = normalize(facing);
    float grazing = pow(1.0 - abs(dot(ray, n)), 4.0);
    vec3 front = mirror(at, reflect(ray, n), 0.04);
    vec3 back = mirror(at, reflect(ray, normalize(mix(n, lens_axis, back_curve))), 0.06);
    vec3 seen = (front + 0.6 * back) * coat.rgb * (coat.a + 0.5 * grazing);
    seen += mix(ambient_down, ambient_up, 0.5) * (0.006 + 0.2 * grazing * coat.a);
    seen = clamp(seen * exposure, 0.0, 1.0);
    // Premultiplied: glass dims what is behind it and adds what it mirrors.
    colour = vec4(seen + tint.rgb * tint.a * exposure, tint.a);
}
