// A lens: what it shows of the head behind it, what its two surfaces mirror, and what lies on it.
in vec3 at;
in vec3 facing;
in vec3 place;
in vec4 coat;                      // coating colour, share of light that a surface mirrors
in vec4 trait;
out vec4 colour;
uniform sampler2D behind;          // the head as the lens shows it, premultiplied
uniform vec2 behind_size;
uniform vec4 tint;                 // colour of the glass, how far it colours
uniform float back_curve;          // how differently the back surface is bent
uniform vec3 lens_forward;
uniform vec3 smudge;               // opacity, place

void main() {
    vec3 ray = normalize(at);
    vec3 n = normalize(facing);
    float cosine = abs(dot(ray, n));
    float grazing = pow(1.0 - cosine, 5.0);  // Schlick's approximation of Fresnel's equations
    vec3 mirrored = coat.rgb * coat.a + (1.0 - coat.a) * grazing;
    vec3 bounce = reflect(ray, n);
    vec3 inner = reflect(ray, normalize(mix(n, lens_forward, back_curve)));
    vec3 seen = mirrored * (mirror(at, bounce, 0.03) + 0.8 * mirror(at, inner, 0.04));
    // The rest of the room: brighter above, with dim shapes in it.
    float shapes = 0.35 + 1.3 * texture(grain, 0.22 * bounce.xy + smudge.yz).b;
    seen += 1.6 * mirrored * shapes * mix(ambient_down, ambient_up, 0.5 - 0.5 * bounce.y);

    vec4 through = texture(behind, gl_FragCoord.xy / behind_size);
    through.rgb *= mix(vec3(1.0), tint.rgb, tint.a) * (1.0 - mirrored);
    float veil = smudge.x * smoothstep(0.3, 0.85, texture(grain, place.xy / 150.0 + smudge.yz).b);
    veil *= 0.85 + 0.3 * texture(grain, place.xy / 60.0 + smudge.zy).g;
    vec3 haze = 0.35 * irradiance(n, vec3(0.6));
    vec3 added = film(seen) * (1.0 - veil) + film(haze) * veil;
    float opaque = 1.0 - (1.0 - veil) * (1.0 - 0.8 * tint.a) * (1.0 - through.a);
    colour = vec4(min(through.rgb * (1.0 - veil) + added, 1.0), opaque);
}
